// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/tar_reader.hpp"

#include "builder/layers/path.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace aic::layers {

constexpr std::size_t k_tar_block_bytes = 512;

/// libarchive converts PAX names from UTF-8 to the thread's charset, and keeps the raw bytes when
/// it cannot. In the C locale it can only convert ASCII, which stays as it is: so names are raw
/// bytes, always.
struct TarReader::RawLocale {
    RawLocale() : raw(newlocale(LC_ALL_MASK, "C", nullptr)), before(uselocale(raw)) {}

    RawLocale(const RawLocale&) = delete;
    RawLocale& operator=(const RawLocale&) = delete;

    ~RawLocale() {
        uselocale(before);
        freelocale(raw);
    }

    locale_t raw;
    locale_t before;
};

struct TarReader::Callbacks {
    static la_ssize_t read(archive* handle, void* user, const void** bytes) noexcept {
        auto& reader = *static_cast<TarReader*>(user);
        try {
            const auto piece = reader.next_piece();
            *bytes = piece.data();
            return static_cast<la_ssize_t>(piece.size());
        } catch (...) {
            reader.failure_ = std::current_exception();
            archive_set_error(handle, EIO, "the source failed");
            return ARCHIVE_FATAL;
        }
    }
};

TarReader::TarReader(TarPieces pieces)
    : pieces_(std::move(pieces))
    , locale_(std::make_unique<RawLocale>())
    , archive_(archive_read_new()) {
    archive_read_support_format_tar(archive_.get());
    archive_read_support_format_empty(archive_.get());
    if (archive_read_open(archive_.get(), this, nullptr, Callbacks::read, nullptr) != ARCHIVE_OK)
        fail();
}

/// umoci and others leave the last block unpadded; libarchive wants it whole.
std::span<const std::byte> TarReader::next_piece() {
    static constexpr std::array<std::byte, k_tar_block_bytes> k_zeros{};
    if (at_end_)
        return {};
    const auto piece = pieces_();
    at_end_ = piece.empty();
    total_bytes_ += piece.size();
    const auto odd_bytes = total_bytes_ % k_tar_block_bytes;
    if (!at_end_ || odd_bytes == 0)
        return piece;
    padded_ = true;
    return std::span(k_zeros).subspan(odd_bytes);
}

TarReader::~TarReader() = default;

void TarReader::Free::operator()(archive* handle) const noexcept {
    archive_read_free(handle);
}

void TarReader::fail() {
    if (failure_)
        std::rethrow_exception(failure_);
    const char* reason = archive_error_string(archive_.get());
    throw Error(ErrorKind::integrity, "reading the tar: {}", reason ? reason : "no detail");
}

std::optional<TarReader::Item> TarReader::next() {
    for (;;) {
        archive_entry* entry = nullptr;
        const int result = archive_read_next_header(archive_.get(), &entry);
        if (result == ARCHIVE_EOF)
            return std::nullopt;
        // A warning is libarchive's word on charsets, which do not concern us.
        if (result == ARCHIVE_RETRY || (result < ARCHIVE_OK && result != ARCHIVE_WARN))
            fail();
        auto item = convert(entry);
        const auto kind = whiteout_kind(item.entry.path);
        if (kind == WhiteoutKind::aufs_leftover)
            continue;
        if (kind == WhiteoutKind::opaque) {
            item.entry = {.type = EntryType::opaque,
                          .path = std::string(parent_of(item.entry.path))};
        } else if (kind == WhiteoutKind::whiteout) {
            auto path = std::string(parent_of(item.entry.path));
            path += path.empty() ? "" : "/";
            path += base_of(item.entry.path).substr(4);
            item.entry = {.type = EntryType::whiteout, .path = std::move(path)};
        }
        return item;
    }
}

namespace {

constexpr std::size_t k_max_symlink_bytes = 4095; // PATH_MAX: no kernel follows a longer one

EntryType type_of(archive_entry* entry, const std::string& path) {
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return EntryType::file;
    case AE_IFDIR:
        return EntryType::directory;
    case AE_IFLNK:
        return EntryType::symlink;
    case AE_IFCHR:
        return EntryType::char_device;
    case AE_IFBLK:
        return EntryType::block_device;
    case AE_IFIFO:
        return EntryType::fifo;
    default:
        throw Error(ErrorKind::integrity, "'{}' is of a kind no image can hold", printable(path));
    }
}

std::uint32_t owner_id(la_int64_t id, const std::string& path) {
    if (id < 0 || id > std::numeric_limits<std::uint32_t>::max())
        throw Error(ErrorKind::integrity, "'{}' has the owner {}, which no image can hold",
                    printable(path), id);
    return static_cast<std::uint32_t>(id);
}

std::vector<Xattr> xattrs_of(archive_entry* entry) {
    std::vector<Xattr> xattrs;
    archive_entry_xattr_reset(entry);
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
        if (name)
            xattrs.push_back({name, std::string(static_cast<const char*>(value), size)});
    std::sort(xattrs.begin(), xattrs.end());
    return xattrs;
}

} // namespace

TarReader::Item TarReader::convert(void* handle) {
    auto* source = static_cast<archive_entry*>(handle);
    const char* raw_path = archive_entry_pathname(source);
    if (!raw_path)
        throw Error(ErrorKind::integrity, "an entry has no name");
    Item item;
    auto& entry = item.entry;
    entry.path = normalise_path(raw_path);
    if (const char* target = archive_entry_hardlink(source)) {
        entry.type = EntryType::hardlink;
        entry.target = normalise_link_target(target);
        return item;
    }
    entry.type = type_of(source, entry.path);
    entry.mode = static_cast<std::uint16_t>(archive_entry_perm(source) & 07777);
    entry.uid = owner_id(archive_entry_uid(source), entry.path);
    entry.gid = owner_id(archive_entry_gid(source), entry.path);
    entry.mtime_seconds = archive_entry_mtime(source);
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(archive_entry_mtime_nsec(source));
    entry.xattrs = xattrs_of(source);
    if (entry.type == EntryType::symlink) {
        const char* target = archive_entry_symlink(source);
        entry.target = target ? target : "";
        if (entry.target.empty() || entry.target.size() > k_max_symlink_bytes)
            throw Error(ErrorKind::integrity, "the symlink '{}' has a target of {} bytes",
                        printable(entry.path), entry.target.size());
    } else if (entry.type == EntryType::char_device || entry.type == EntryType::block_device) {
        entry.device_major = static_cast<std::uint32_t>(archive_entry_rdevmajor(source));
        entry.device_minor = static_cast<std::uint32_t>(archive_entry_rdevminor(source));
    } else if (entry.type == EntryType::file) {
        if (archive_entry_size(source) < 0)
            throw Error(ErrorKind::integrity, "'{}' has a negative size", printable(entry.path));
        item.size_bytes = static_cast<std::uint64_t>(archive_entry_size(source));
    }
    return item;
}

std::optional<DataPiece> TarReader::data() {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const bool was_padded = padded_;
    const int result = archive_read_data_block(archive_.get(), &bytes, &size, &offset);
    if (result == ARCHIVE_EOF)
        return std::nullopt;
    if (padded_ != was_padded)
        throw Error(ErrorKind::integrity, "the tar ends within the file");
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
        fail();
    return DataPiece{static_cast<std::uint64_t>(offset),
                     {static_cast<const std::byte*>(bytes), size}};
}

void TarReader::drain() {
    while (!at_end_)
        at_end_ = pieces_().empty();
}

} // namespace aic::layers

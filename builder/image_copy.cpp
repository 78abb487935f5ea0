// SPDX-License-Identifier: Apache-2.0
#include "builder/image_copy.hpp"

#include "builder/audience.hpp"
#include "builder/image_record.hpp"
#include "cache/image_check.hpp"
#include "cache/modes.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/file_system.hpp"
#include "core/files.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <map>

namespace fs = std::filesystem;

namespace aic::builder {

namespace {

/// A file of the original, as its owner's.
Fd open_original(const fs::path& path, std::int64_t owner) {
    auto fd = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const auto status = fstat_of(fd.get(), path);
    if (!S_ISREG(status.st_mode) || status.st_uid != static_cast<uid_t>(owner))
        throw Error(ErrorKind::integrity, "'{}' is no file of the user {}", path.native(), owner);
    return fd;
}

/// Between two looks at whether to stop. Whole blocks of any file system.
constexpr std::uint64_t k_piece_bytes = 64 << 20;

CopyMethod copy_pieces(const FilePlace& from, const FilePlace& to, std::uint64_t size_bytes,
                       std::stop_token stop) {
    auto slowest = CopyMethod::reflink;
    for (std::uint64_t at = 0; at < size_bytes; at += k_piece_bytes) {
        if (stop.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
        const auto piece = std::min(k_piece_bytes, size_bytes - at);
        const auto method = copy_range({from.fd, from.path, at}, {to.fd, to.path, at}, piece);
        // What shares its blocks needs no room; it shows with the first piece.
        if (at == 0 && method != CopyMethod::reflink)
            require_space(to.path.parent_path(), size_bytes - piece, "the image");
        slowest = std::max(slowest, method);
    }
    return slowest;
}

CopyMethod copy_file(const fs::path& from, const fs::path& to, std::int64_t owner,
                     std::stop_token stop) {
    const auto source = open_original(from, owner);
    const auto size_bytes = static_cast<std::uint64_t>(fstat_of(source.get(), from).st_size);
    auto target = open_file(to, O_RDWR | O_CREAT | O_EXCL, 0600);
    const auto method =
        copy_pieces({source.get(), from, 0}, {target.get(), to, 0}, size_bytes, stop);
    fsync_checked(target.get(), to);
    target.close_checked(to);
    return method;
}

/// What the copy's record says otherwise than the original's.
cache::Record record_of_copy(cache::Record record, Vouching vouching) {
    record.owner_uid = static_cast<std::int64_t>(::geteuid());
    record.created_seconds = std::time(nullptr);
    record.made_by = made_by();
    if (vouching == Vouching::makers)
        return record;
    record.header.producer_uid = record.tables.producer_uid = record.owner_uid;
    for (auto& segment : record.segments)
        segment.producer_uid = record.owner_uid;
    return record;
}

/// The copy is looked at, and not the original, which its owner may change meanwhile.
void require_whole(const cache::Layout& layout, const fs::path& staged, std::stop_token stop) {
    const auto checked = cache::check_image(layout, staged, cache::Depth::contents, stop);
    if (!checked.faults.empty())
        throw Error(ErrorKind::integrity, "{}", checked.faults.front().what);
}

ImageCopy stage_and_publish(const cache::StoredImage& original, cache::Store& store,
                            Vouching vouching, cache::Visibility visibility, std::stop_token stop) {
    const auto& record = original.record;
    const auto& layout = store.layout();
    const WorkDir work(layout.temporary());
    const auto staged = work.path() / record.id.hex() / record.variant; // as it will be called
    make_directories(staged, cache::k_directory_mode);
    const auto method =
        copy_file(original.file(), staged / record.file_name, record.owner_uid, stop);
    copy_file(original.layer_index(), staged / cache::k_layer_index_name, record.owner_uid, stop);
    write_file(staged / cache::k_record_name, to_json(record_of_copy(record, vouching)),
               cache::k_image_mode);
    cache::set_modes(staged, visibility);
    require_whole(layout, staged, stop);
    set_audience(layout, staged, record.id, record.variant, visibility);
    return {store.publish(staged, record.id, record.variant), false, method};
}

} // namespace

ImageCopy copy_image(const cache::StoredImage& original, cache::Store& store, Vouching vouching,
                     cache::Visibility visibility, std::stop_token stop) {
    const auto& record = original.record;
    return in_context(
        [&] { return fmt::format("copying {} ({})", record.reference, record.id.short_hex()); },
        [&] {
            store.prepare();
            WorkDir::remove_abandoned(store.layout().temporary());
            if (auto there = store.find(record.id, record.variant))
                return ImageCopy{std::move(*there), true, CopyMethod::reflink};
            return stage_and_publish(original, store, vouching, visibility, stop);
        });
}

void copy_references(const cache::Store& from, cache::Store& to,
                     const std::vector<ImageCopy>& copies) {
    std::map<ImageId, oci::Platform> platforms;
    for (const auto& copy : copies)
        platforms.emplace(copy.image.record.id, copy.image.record.platform);
    for (const auto& reference : from.references()) {
        const auto platform = platforms.find(reference.id);
        if (platform != platforms.end()
            && !to.find_reference(reference.reference, platform->second))
            to.write_reference(reference, platform->second);
    }
}

} // namespace aic::builder

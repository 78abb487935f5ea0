// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/disk_entry.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"
#include "core/printable.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <memory>

namespace aic::layers {

namespace {

constexpr std::size_t k_xattr_bytes = 64 << 10; // the kernel's limits, of a value and of a list

bool can_be_held(std::string_view attribute) {
    return attribute == "security.capability" || attribute.starts_with("user.");
}

/// Of what `name` in the working directory is, and not of what it leads to.
std::string xattr_value(const std::string& name, const std::string& attribute) {
    std::string value(k_xattr_bytes, '\0');
    const auto size = ::lgetxattr(name.c_str(), attribute.c_str(), value.data(), value.size());
    if (size < 0)
        throw system_error("reading the attribute {}", attribute);
    value.resize(static_cast<std::size_t>(size));
    return value;
}

std::vector<std::string> xattr_names(const std::string& name) {
    thread_local std::array<char, k_xattr_bytes> list; // one for all: most files have none
    const auto size = ::llistxattr(name.c_str(), list.data(), list.size());
    if (size < 0) {
        if (errno == ENOTSUP)
            return {};
        throw system_error("listing the attributes");
    }
    std::vector<std::string> names;
    for (const char* at = list.data(); at < list.data() + size; at += names.back().size() + 1)
        names.emplace_back(at);
    std::ranges::sort(names);
    return names;
}

std::string link_target(const std::string& name) {
    std::string target(PATH_MAX, '\0');
    const auto size = ::readlink(name.c_str(), target.data(), target.size());
    if (size < 0)
        throw system_error("reading a symlink");
    target.resize(static_cast<std::size_t>(size));
    return target;
}

Error changed() {
    return Error(ErrorKind::busy, "it changes while it is read");
}

} // namespace

std::vector<std::string> sorted_names(int directory, const std::string& path) {
    struct Close {
        void operator()(DIR* stream) const noexcept { ::closedir(stream); }
    };

    const std::unique_ptr<DIR, Close> stream(::fdopendir(::dup(directory)));
    if (!stream)
        throw system_error("reading the directory '{}'", printable(path));
    std::vector<std::string> names;
    errno = 0;
    while (const auto* entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..")
            names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0)
        throw system_error("reading the directory '{}'", printable(path));
    std::ranges::sort(names);
    return names;
}

EntryType type_on_disk(const struct stat& status) {
    switch (status.st_mode & S_IFMT) {
    case S_IFDIR:
        return EntryType::directory;
    case S_IFLNK:
        return EntryType::symlink;
    case S_IFIFO:
        return EntryType::fifo;
    case S_IFCHR:
        return EntryType::char_device;
    case S_IFBLK:
        return EntryType::block_device;
    default:
        return EntryType::file;
    }
}

LayerEntry entry_on_disk(const std::string& name, const struct stat& status,
                         const std::string& path) {
    LayerEntry entry{.type = type_on_disk(status),
                     .path = path,
                     .mode = static_cast<std::uint16_t>(status.st_mode & 07777),
                     .uid = status.st_uid,
                     .gid = status.st_gid,
                     .mtime_seconds = status.st_mtim.tv_sec};
    if (entry.type == EntryType::symlink)
        entry.target = link_target(name);
    if (entry.type == EntryType::char_device || entry.type == EntryType::block_device) {
        entry.device_major = major(status.st_rdev);
        entry.device_minor = minor(status.st_rdev);
    }
    return entry;
}

std::vector<Xattr> xattrs_on_disk(const std::string& name) {
    std::vector<Xattr> xattrs;
    for (const auto& attribute : xattr_names(name))
        if (can_be_held(attribute))
            xattrs.push_back({attribute, xattr_value(name, attribute)});
    return xattrs;
}

Fd open_on_disk(const std::string& name, const struct stat& status, int flags) {
    // What was put in its place may be a pipe, which would keep us waiting, or lead anywhere.
    auto fd = open_file(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags);
    const auto opened = fstat_of(fd.get(), name);
    if (opened.st_dev != status.st_dev || opened.st_ino != status.st_ino
        || (opened.st_mode & S_IFMT) != (status.st_mode & S_IFMT))
        throw changed();
    return fd;
}

std::string text_on_disk(const std::string& name, const struct stat& status,
                         std::size_t limit_bytes) {
    const auto fd = open_on_disk(name, status);
    std::string text(std::min<std::size_t>(static_cast<std::size_t>(status.st_size), limit_bytes),
                     '\0');
    text.resize(pread_some(fd.get(), std::as_writable_bytes(std::span(text)), 0, name));
    return text;
}

void write_file_on_disk(TarWriter& tar, const std::string& name, const struct stat& status,
                        const LayerEntry& entry, Bytes& piece) {
    const auto file = open_on_disk(name, status);
    const auto size_bytes = static_cast<std::uint64_t>(status.st_size);
    tar.begin(entry, size_bytes);
    for (std::uint64_t at = 0; at < size_bytes;) {
        const auto next =
            std::span(piece).first(std::min<std::uint64_t>(size_bytes - at, piece.size()));
        const auto count = pread_some(file.get(), next, at, name);
        if (count == 0)
            throw changed();
        tar.data(next.first(count));
        at += count;
    }
    const auto after = fstat_of(file.get(), name);
    if (after.st_size != status.st_size || after.st_mtim.tv_sec != status.st_mtim.tv_sec
        || after.st_mtim.tv_nsec != status.st_mtim.tv_nsec)
        throw changed();
}

void enter_directory(int directory, const std::string& path) {
    if (::fchdir(directory) != 0)
        throw system_error("entering '{}'", printable(path));
}

} // namespace aic::layers

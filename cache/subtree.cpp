// SPDX-License-Identifier: Apache-2.0
#include "cache/subtree.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

std::optional<uid_t> uid_of(std::string_view name) {
    uid_t uid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
    const bool is_number = error == std::errc() && end == name.data() + name.size();
    // "007" is not how 7 is written
    return is_number && std::to_string(uid) == name ? std::optional(uid) : std::nullopt;
}

/// Nothing when there is none, or a symlink in its place.
std::optional<Fd> open_at(const Fd& directory, const fs::path& name, int flags) {
    Fd fd(::openat(directory.get(), name.c_str(), flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (fd)
        return fd;
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
        return std::nullopt;
    throw system_error("opening '{}'", name.native());
}

bool is_owned(const Fd& fd, const Layout& layout) {
    return fstat_of(fd.get(), layout.subtree()).st_uid == layout.owner();
}

/// The file, when it is an ordinary one and the user's own, as all directories above it are.
std::optional<Fd> open_beneath(const Layout& layout, const fs::path& path) {
    const auto relative = path.lexically_relative(layout.subtree());
    auto held = open_if_exists(layout.subtree(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    for (const auto& name : relative.parent_path())
        if (held)
            held = is_owned(*held, layout) ? open_at(*held, name, O_DIRECTORY) : std::nullopt;
    // A FIFO in its place must not keep us waiting.
    auto file = held && is_owned(*held, layout) ? open_at(*held, relative.filename(), O_NONBLOCK)
                                                : std::nullopt;
    if (!file)
        return std::nullopt;
    const auto status = fstat_of(file->get(), path);
    const bool counts = S_ISREG(status.st_mode) && status.st_uid == layout.owner();
    return counts ? std::move(file) : std::nullopt;
}

} // namespace

void make_beneath(const Layout& layout, const fs::path& directory, mode_t mode) {
    make_directories(layout.subtree(), k_private_directory_mode);
    make_directories(directory, mode);
}

bool belongs_to_its_user(const Layout& layout) {
    struct stat status;
    const auto subtree = layout.subtree();
    const bool is_there = ::lstat(subtree.c_str(), &status) == 0
                          || (errno == ENOENT && forget_failed_lookup(subtree)
                              && ::lstat(subtree.c_str(), &status) == 0);
    return is_there && S_ISDIR(status.st_mode) && status.st_uid == layout.owner();
}

std::vector<uid_t> users_of(const Layout& layout) {
    std::vector<uid_t> users;
    for (const auto& path : entries_of(layout.users())) {
        const auto uid = uid_of(path.filename().native());
        if (uid && belongs_to_its_user(Layout(layout.root(), *uid)))
            users.push_back(*uid);
    }
    std::ranges::sort(users);
    return users;
}

bool is_file_beneath(const Layout& layout, const fs::path& path) {
    return open_beneath(layout, path).has_value();
}

std::optional<std::string> read_beneath(const Layout& layout, const fs::path& path,
                                        std::uint64_t limit_bytes) {
    return in_context([&] { return fmt::format("reading '{}'", path.native()); },
                      [&]() -> std::optional<std::string> {
                          auto file = open_beneath(layout, path);
                          if (!file)
                              return std::nullopt;
                          FdSource source(std::move(*file), path);
                          return std::string(as_text(read_all(source, limit_bytes, "the file")));
                      });
}

void require_gone(const Layout& layout, const fs::path& path) {
    struct stat status;
    if (::lstat(path.c_str(), &status) == 0)
        throw Error(ErrorKind::integrity, "'{}' is not an ordinary file of the user {}",
                    path.native(), layout.owner());
}

} // namespace aic::cache

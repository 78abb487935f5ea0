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

/// What stands at a path beneath a subtree.
struct Opened {
    enum class What {
        file,    ///< an ordinary one of the user's, open
        nothing, ///< as the file server says, and not what a node remembers
        other,   ///< a link, a pipe, somebody else's
    };

    What what = What::nothing;
    Fd fd;
};

using What = Opened::What;

Opened open_at(const Fd& directory, const fs::path& name, int flags) {
    Fd fd(::openat(directory.get(), name.c_str(), flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (fd)
        return {What::file, std::move(fd)};
    if (errno == ENOENT)
        return {};
    if (errno == ENOTDIR || errno == ELOOP || errno == ENXIO)
        return {What::other, Fd()};
    throw system_error("opening '{}'", name.native());
}

bool is_owned(const Fd& fd, const Layout& layout) {
    return fstat_of(fd.get(), layout.subtree()).st_uid == layout.owner();
}

/// All directories above the file have to be the user's own too.
Opened open_beneath(const Layout& layout, const fs::path& path) {
    const auto relative = path.lexically_relative(layout.subtree());
    auto subtree = open_if_exists(layout.subtree(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!subtree)
        return {};
    Opened held{What::file, std::move(*subtree)};
    const auto step = [&](const fs::path& name, int flags) {
        if (held.what == What::file)
            held = is_owned(held.fd, layout) ? open_at(held.fd, name, flags)
                                             : Opened{What::other, Fd()};
    };
    for (const auto& name : relative.parent_path())
        step(name, O_DIRECTORY);
    // A FIFO in its place must not keep us waiting.
    step(relative.filename(), O_NONBLOCK);
    if (held.what != What::file)
        return held;
    const auto status = fstat_of(held.fd.get(), path);
    const bool counts = S_ISREG(status.st_mode) && status.st_uid == layout.owner();
    return counts ? std::move(held) : Opened{What::other, Fd()};
}

std::string read_all_of(Opened file, const fs::path& path, std::uint64_t limit_bytes) {
    FdSource source(std::move(file.fd), path);
    return std::string(as_text(read_all(source, limit_bytes, "the file")));
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
    return reopening_if_stale(path, [&] { return open_beneath(layout, path).what == What::file; });
}

std::optional<std::string> read_beneath(const Layout& layout, const fs::path& path,
                                        std::uint64_t limit_bytes, Foreign foreign) {
    const auto read = [&]() -> std::optional<std::string> {
        auto file = open_beneath(layout, path);
        if (file.what == What::file)
            return read_all_of(std::move(file), path, limit_bytes);
        if (file.what == What::other && foreign == Foreign::refused)
            throw Error(ErrorKind::integrity, "it is not an ordinary file of the user {}",
                        layout.owner());
        return std::nullopt;
    };
    return in_context([&] { return fmt::format("reading '{}'", path.native()); },
                      [&] { return reopening_if_stale(path, read); });
}

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#include "cache/store_probe.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"

#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::system_clock;

/// The kernel gives files the time of its last tick.
constexpr milliseconds k_tick = 10ms;

std::optional<fs::path> place_of(const Layout& layout) {
    for (const auto& place : {layout.temporary(), layout.users()})
        if (::access(place.c_str(), W_OK | X_OK) == 0)
            return place;
    return std::nullopt;
}

/// A directory's time is the server's even where a client may write the times of files.
milliseconds clock_ahead(const fs::path& parent) {
    const auto before = system_clock::now() - k_tick;
    const WorkDir directory(parent);
    const auto fd = open_directory(directory.path());
    const auto after = system_clock::now();
    const auto seen = time_point_of(fstat_of(fd.get(), directory.path()).st_mtim);
    const auto ahead = seen < before  ? seen - before
                       : seen > after ? seen - after
                                      : system_clock::duration{};
    return std::chrono::duration_cast<milliseconds>(ahead);
}

bool do_locks_exclude(const fs::path& file) {
    const auto one = open_file(file, O_RDWR | O_NOFOLLOW);
    const auto other = open_file(file, O_RDWR | O_NOFOLLOW);
    return ::flock(one.get(), LOCK_EX | LOCK_NB) == 0
           && ::flock(other.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

bool can_share_blocks(const fs::path& file, const fs::path& copy) {
    const auto from = open_file(file, O_RDONLY | O_NOFOLLOW);
    const auto to = open_file(copy, O_RDWR | O_CREAT | O_EXCL, 0600);
    return ::ioctl(to.get(), FICLONE, from.get()) == 0;
}

} // namespace

std::optional<StoreProbe> probe_store(const Layout& layout) {
    const auto place = place_of(layout);
    if (!place)
        return std::nullopt;
    return in_context(
        [&] { return fmt::format("trying what can be done in '{}'", place->native()); },
        [&] {
            StoreProbe probe;
            probe.clock_ahead = clock_ahead(*place);
            const WorkDir directory(*place);
            const auto file = directory.path() / "file";
            write_file(file, std::string(64 << 10, 'x'), 0600);
            const auto fd = open_file(file, O_RDONLY | O_NOFOLLOW);
            probe.seen_owner = fstat_of(fd.get(), file).st_uid;
            probe.locks_exclude = do_locks_exclude(file);
            probe.links = ::link(file.c_str(), (directory.path() / "link").c_str()) == 0;
            probe.reflinks = can_share_blocks(file, directory.path() / "copy");
            return std::optional(probe);
        });
}

} // namespace aic::cache

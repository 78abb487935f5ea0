// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"
#include "core/fd.hpp"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace aic {

enum class Durability { synced, cached };

/// A file written under a temporary name beside its target; gone unless committed.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path target, mode_t mode = 0644);
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile();

    void write(std::span<const std::byte> bytes);

    int fd() const { return fd_.get(); }

    /// Where the bytes are until commit().
    const std::filesystem::path& temporary() const { return temporary_; }

    /// fsync, close, rename over the target, fsync the directory.
    void commit(Durability durability = Durability::synced);
    /// The same, synced, but false when the target is there already: of many callers exactly one
    /// wins.
    bool commit_new();

private:
    std::filesystem::path target_;
    std::filesystem::path temporary_;
    Fd fd_;
};

/// Writes a whole small file through AtomicFile.
void write_file(const std::filesystem::path& path, std::string_view text, mode_t mode = 0644);

/// Runs `body`, which opens and reads `path`, and runs it again when another node has meanwhile
/// replaced or removed that: NFS then knows the open file no longer (ESTALE). Where the path leads
/// by now it asks only once the directory is opened; without that the next attempts fail as well.
template <typename Body>
std::invoke_result_t<const Body&> reopening_if_stale(const std::filesystem::path& path,
                                                     const Body& body) {
    constexpr int k_attempts = 8; // each is a change that fell between two system calls of ours
    for (int attempt = 1;; ++attempt) {
        try {
            return body();
        } catch (const Error& error) {
            if (error.error_number() != ESTALE || attempt == k_attempts)
                throw;
            forget_failed_lookup(path);
        }
    }
}

/// A whole file of at most `limit_bytes`, as it is at one time though it be replaced meanwhile;
/// nothing when there is none.
std::optional<std::string> read_file_if_exists(const std::filesystem::path& path,
                                               std::uint64_t limit_bytes);

/// A directory of our own under `parent`, removed with all that is in it unless released. A lock in
/// it is held while it lives, so that remove_abandoned() can tell the leavings of a killed process.
class WorkDir {
public:
    explicit WorkDir(const std::filesystem::path& parent);
    WorkDir(const WorkDir&) = delete;
    WorkDir& operator=(const WorkDir&) = delete;
    ~WorkDir();

    const std::filesystem::path& path() const { return path_; }

    /// Removes the work directories under `parent` whose makers are gone. Whatever does not look
    /// like one stays.
    static void remove_abandoned(const std::filesystem::path& parent);

private:
    std::filesystem::path path_;
    Fd lock_;
};

/// Removes a file, or a directory with all that is in it, as far as that can be done; also what is
/// in directories of ours that we may not read.
void remove_tree(const std::filesystem::path& tree) noexcept;
/// The entries of a directory in the order of their names; none when there is no such directory.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& directory);
/// Gives the finished, synced file `from` the further name `to`, unless that is taken: false then.
/// Exactly one of many callers wins, on NFS too. The directory is synced.
bool link_new(const std::filesystem::path& from, const std::filesystem::path& to);
void fsync_directory(const std::filesystem::path& directory);
/// Makes a directory and its missing parents; each new one gets exactly `mode`, whatever the umask,
/// and the set-group-id bit from above.
void make_directories(const std::filesystem::path& directory, mode_t mode);
/// Makes the directory where it is missing, and throws Error(denied) when it is a symlink, belongs
/// to somebody else than the caller or root, or when others could exchange the files in it.
void require_private_directory(const std::filesystem::path& directory, mode_t mode = 0700);
/// A name that no other process, here or on another node, comes to: host, pid and a random part.
std::string unique_name();
/// A time that the file system says of a file, by its own clock.
std::chrono::system_clock::time_point time_point_of(const struct timespec& time);

} // namespace aic

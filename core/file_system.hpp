// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic {

/// A mounted file system, as /proc/self/mountinfo tells (proc(5)).
struct Mount {
    std::filesystem::path point;
    std::string type;                 ///< "nfs4", "ext4", "fuse.sshfs"
    std::string source;               ///< "server:/export", "/dev/sda1"
    std::vector<std::string> options; ///< of the mount, then of the file system: "ro", "vers=4.2"

    bool has(std::string_view option) const;
    /// What follows "name=" in the options.
    std::optional<std::string> value_of(std::string_view name) const;
    /// Whether other machines may see the same files.
    bool is_shared() const;
    bool is_nfs() const;
};

/// Lines that make no sense are left out.
std::vector<Mount> parse_mounts(std::string_view mountinfo);

/// The one that an absolute path without symlinks lies on: of those above it the nearest, and of
/// those the last to be mounted.
const Mount* mount_above(const std::vector<Mount>& mounts, const std::filesystem::path& path);

/// The one that a path lies on, or its nearest parent that is there. Nothing when the kernel does
/// not tell.
std::optional<Mount> mount_of(const std::filesystem::path& path);

/// What is left on the file system of a path, for an ordinary user.
struct Capacity {
    std::uint64_t free_bytes = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t free_inodes = 0;
    std::uint64_t inodes = 0; ///< 0 where the file system does not count them
};

/// Of the path or its nearest parent that is there.
Capacity capacity_of(const std::filesystem::path& path);

/// Whether what is written to the one takes room from the other; of each the nearest directory
/// above that exists counts.
bool is_same_file_system(const std::filesystem::path& one, const std::filesystem::path& other);

/// Throws Error(no_space) saying what is lacking where, and `hint`, unless `needed_bytes` are free
/// at `path`.
void require_space(const std::filesystem::path& path, std::uint64_t needed_bytes,
                   std::string_view what_for, std::string hint = "");

/// The path, or its nearest parent that is there.
std::filesystem::path nearest_existing(std::filesystem::path path);

} // namespace aic

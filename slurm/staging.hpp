// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/store.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

namespace aic::slurm {

/// Where on a node a user's copies of images are: in a directory of his alone below `above`.
class Staging {
public:
    Staging(const std::filesystem::path& above, uid_t user);

    /// Of the image, whether or not it is there.
    std::filesystem::path file_of(const cache::StoredImage& image) const;
    /// That a copy has until it is whole; `tag` is its job's alone.
    std::filesystem::path arriving(const cache::StoredImage& image, const std::string& tag) const;

    /// The copy on this machine, if there is one that is whole and nobody else's.
    std::optional<std::filesystem::path> find(const cache::StoredImage& image) const;

    /// Makes room for one more copy on this machine. Older copies that nobody has begun to read for
    /// a day go where the disk has too little space. Throws Error(denied) when the directory is
    /// somebody else's, and Error(no_space).
    void prepare(const cache::StoredImage& image) const;
    /// What has arrived becomes the copy, if it is what the image's record says, byte for byte.
    /// Throws Error(integrity) when not, and takes it away. Nothing happens where another has
    /// finished it.
    void finish(const cache::StoredImage& image, const std::filesystem::path& arrived,
                std::stop_token stop) const;
    /// Takes away what has arrived in part.
    void drop(const std::filesystem::path& arrived) const;
    /// Takes the image's copy away, or all; how many there were.
    std::size_t remove(const cache::StoredImage& image) const;
    std::size_t remove_all() const;

private:
    bool is_ours() const;
    void make_room(std::uint64_t needed_bytes) const;

    std::filesystem::path directory_;
    uid_t user_;
};

} // namespace aic::slurm

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
    /// That a copy has until it is whole.
    std::filesystem::path arriving(const cache::StoredImage& image, const std::string& job) const;

    /// The copy on this machine, if there is one that is whole and nobody else's.
    std::optional<std::filesystem::path> find(const cache::StoredImage& image) const;

    /// Makes room for a copy on this machine; whether one is needed. Older copies that nobody has
    /// begun to read for a day go where the disk has too little space. Throws Error(denied) when
    /// the directory is somebody else's, and Error(no_space).
    bool prepare(const cache::StoredImage& image) const;
    /// What has arrived becomes the copy, if it is what the image's record says, byte for byte.
    /// Throws Error(integrity) when not, and takes it away.
    void finish(const cache::StoredImage& image, const std::filesystem::path& arrived,
                std::stop_token stop) const;
    /// Whether there was one.
    bool remove(const cache::StoredImage& image) const;

private:
    bool is_ours() const;
    void make_room(std::uint64_t needed_bytes) const;

    std::filesystem::path directory_;
    uid_t user_;
};

} // namespace aic::slurm

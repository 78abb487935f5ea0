// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/store.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace aic::builder {

/// Of an image file, how many percent have to be dead before it is compacted without being asked.
inline constexpr std::uint64_t k_min_dead_percent = 10;

/// Whether to compact an image, and why.
struct CompactionChoice {
    bool compacts = false;
    std::string reason; ///< "12 % of it is dead"
};

/// What gc does by itself: an image that many bytes of are dead, unless it was used or made within
/// `min_age`, so that whoever was given its path has the file he was given. Pure.
CompactionChoice choose_compaction(std::uint64_t size_bytes, std::uint64_t dead_bytes,
                                   std::chrono::seconds idle, std::chrono::seconds min_age);

/// Writes the same image without its dead extents, compressing nothing anew, puts it at the path of
/// the one that is there, and that into the trash. The image as it is then; nothing when it has
/// nothing dead, or has gone meanwhile. A segment that is to be cut is read and compared with its
/// hash first; what is damaged throws Error(integrity) and stays as it is.
std::optional<cache::StoredImage> compact(const cache::Store& store,
                                          const cache::StoredImage& image, std::stop_token stop);

} // namespace aic::builder

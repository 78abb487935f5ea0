// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/format.hpp"
#include "core/content_hash.hpp"
#include "core/digest.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace aic::squashfs {

/// The version of the segment format: the rules by which a layer's tar becomes a segment's bytes.
/// Part of a segment's identity; raise it whenever the same layer would give other bytes.
inline constexpr std::uint32_t k_segment_format = 1;

/// The same for a foreign segment: the data area of a squashfs that others wrote, as it stands. Far
/// above what k_segment_format can come to, so that the one is never taken for the other.
inline constexpr std::uint32_t k_foreign_segment_format = 1'000'000;

/// The same for a segment that compaction took something out of: it still serves the image it is
/// in, and no other (docs/decisions/0014-compaction-in-place.md).
inline constexpr std::uint32_t k_cut_segment_format = 1'000'001;

/// Where one regular file's bytes are within a segment. Our own segments have it either whole in a
/// fragment block, when it is smaller than a block, or in blocks of its own, the last of which may
/// be short. In a foreign one whole blocks may be followed by a rest in a fragment block.
struct Content {
    std::uint64_t size_bytes = 0;
    std::uint64_t start = 0;       ///< of the first block, from the segment's start
    std::uint32_t first_block = 0; ///< its size's place in SegmentData::block_sizes
    std::uint32_t fragment = k_no_fragment;
    std::uint32_t fragment_offset = 0;
};

using ContentId = std::uint32_t;

/// What is known of a segment once it is written. Nothing in it depends on where the segment
/// stands.
struct SegmentData {
    std::uint32_t block_bytes = 0;
    std::uint64_t length_bytes = 0;
    ContentHash hash;
    std::vector<Content> contents;          ///< by ContentId
    std::vector<std::uint32_t> block_sizes; ///< as in squashfs inodes; 0 is a hole
    std::vector<FragmentEntry> fragments;   ///< starts from the segment's start

    /// A rest in a fragment block is none of them.
    std::uint64_t block_count(const Content& content) const {
        const bool has_short_block =
            content.fragment == k_no_fragment && content.size_bytes % block_bytes != 0;
        return content.size_bytes / block_bytes + (has_short_block ? 1 : 0);
    }

    std::span<const std::uint32_t> blocks_of(const Content& content) const {
        return std::span(block_sizes).subspan(content.first_block, block_count(content));
    }
};

} // namespace aic::squashfs

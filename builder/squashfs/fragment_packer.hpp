// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/block_lane.hpp"
#include "builder/squashfs/quick_hash.hpp"
#include "builder/squashfs/segment.hpp"
#include "builder/squashfs/segment_committer.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <unordered_map>
#include <vector>

namespace aic::squashfs {

/// Collects files smaller than a block into fragment blocks and finds those it has already. Belongs
/// to the thread that writes the segment.
class FragmentPacker {
public:
    FragmentPacker(BlockLane& lane, SegmentCommitter& committer);

    /// Where the file's bytes are now: an earlier file's place if that is the same.
    Content pack(std::span<const std::byte> file, std::stop_token stop);
    /// Sends what is collected, if anything.
    void flush(std::stop_token stop);

private:
    struct Place {
        std::uint32_t fragment;
        std::uint32_t offset;
        std::uint32_t size;
    };

    bool same_data(const Place& place, std::span<const std::byte> file, std::stop_token stop);
    std::span<const std::byte> raw_fragment(std::uint32_t index, std::stop_token stop);

    BlockLane& lane_;
    SegmentCommitter& committer_;
    const std::size_t block_bytes_;

    BlockJob* open_ = nullptr;  ///< the fragment block being filled
    std::uint32_t sealed_ = 0;  ///< fragment blocks sent so far: the open one's index
    std::vector<Bytes> recent_; ///< fragment i, raw, at i modulo the size
    std::uint32_t reread_index_ = k_no_fragment;
    Bytes reread_; ///< an older fragment, read back
    std::unordered_map<QuickHash, Place> known_;
};

} // namespace aic::squashfs

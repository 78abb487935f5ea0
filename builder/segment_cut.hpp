// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/live_data.hpp"
#include "builder/squashfs/segment.hpp"

#include <cstdint>
#include <vector>

namespace aic::builder {

/// Bytes that a cut segment has from the whole one.
struct ExtentMove {
    std::uint64_t from = 0; ///< from the whole segment's first byte
    std::uint64_t to = 0;   ///< from the cut one's
    std::uint64_t length_bytes = 0;
};

/// An extent of at least this size keeps its place within 4 KiB, so that a file system that can
/// share blocks shares most of it. The gap before it is at most 0.4 % of it.
inline constexpr std::uint64_t k_min_shared_extent_bytes = 1 << 20;

/// A segment without what is dead in it.
struct CutSegment {
    squashfs::SegmentData data; ///< but for its hash: nobody has its bytes yet
    std::vector<ExtentMove> moves;
};

/// Moves the live extents together, in their order. Contents keep their numbers, so that the
/// layer's entries stay as they are; dead ones become holes of the same size. Pure.
CutSegment cut_segment(const squashfs::SegmentData& whole, const LiveSegment& live);

} // namespace aic::builder

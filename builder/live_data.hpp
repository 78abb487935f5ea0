// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layer_plan.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace aic::builder {

/// A range of a segment's bytes.
struct Extent {
    std::uint64_t start = 0; ///< from the segment's first byte
    std::uint64_t length_bytes = 0;

    std::uint64_t end() const { return start + length_bytes; }

    bool operator==(const Extent&) const = default;
};

/// What of one segment an image still shows. What upper layers replaced or removed is dead.
struct LiveSegment {
    std::vector<bool> contents;  ///< by ContentId: whether a file of the tree has it
    std::vector<Extent> extents; ///< of blocks, and of fragment blocks with any tail that lives;
                                 ///< sorted, with something dead between any two
    std::uint64_t live_bytes = 0;
    std::uint64_t dead_bytes = 0;
};

/// What lives of each segment: the plan's unique layers' and, last, the profile's own. Pure.
std::vector<LiveSegment>
live_data(const layers::Tree& tree, const LayerPlan& plan,
          std::span<const std::shared_ptr<const layers::LayerIndex>> segments);

/// Of all segments together.
std::uint64_t dead_bytes_of(std::span<const LiveSegment> segments);

} // namespace aic::builder

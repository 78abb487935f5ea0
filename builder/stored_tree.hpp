// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layer_plan.hpp"
#include "cache/store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace aic::builder {

/// The layers of an image in the store, in the order of its segments. Throws Error(not_found) or
/// Error(integrity) when layers.idx is not there or not what the record says.
std::vector<std::shared_ptr<const layers::LayerIndex>> read_layers(const cache::StoredImage& image);

/// Whether the segment of a record is the one that layers.idx describes.
bool fits(const cache::SegmentRecord& segment, const layers::LayerIndex& layer);

/// An image of the store as it was merged when it was made.
struct StoredTree {
    oci::ImageConfig config;
    LayerPlan plan;
    std::vector<std::shared_ptr<const layers::LayerIndex>> segments;
    layers::Tree tree;
};

/// Merges the image's layers anew from what the store has of it, without reading the image itself.
/// Not for images that others made. Throws Error(integrity) when its files do not fit each other.
StoredTree read_tree(const cache::StoredImage& image);

/// Of the image's segments, the bytes that no path leads to: as recorded, else counted. Nothing for
/// images that others made.
std::optional<std::uint64_t> dead_bytes_of(const cache::StoredImage& image);

} // namespace aic::builder

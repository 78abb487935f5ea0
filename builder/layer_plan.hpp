// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/layer_index.hpp"
#include "builder/layers/tree.hpp"
#include "builder/profile.hpp"
#include "oci/image_config.hpp"
#include "oci/manifest.hpp"

#include <memory>
#include <span>
#include <vector>

namespace aic::builder {

/// The layers as they are worked on and as segments stand in the image: one that stands twice in
/// the manifest is converted once.
struct LayerPlan {
    struct Unique {
        oci::Descriptor descriptor;
        DiffId diff_id;
    };

    std::vector<Unique> unique;
    std::vector<std::size_t> order; ///< for each layer of the manifest, which of `unique`

    /// Of the segment that holds the contents of a layer of the merged tree. The profile's own
    /// files are the last of both.
    std::size_t segment_of(std::uint32_t layer) const {
        return layer < order.size() ? order[layer] : unique.size();
    }
};

/// Throws Error(integrity) when manifest and config do not fit each other.
LayerPlan plan_layers(const oci::Manifest& manifest, const oci::ImageConfig& config);

/// Merges the layers and the profile's own files into the tree that the image shows. `segments` are
/// the plan's unique layers and, last, the profile's own.
layers::Tree merge_layers(const LayerPlan& plan,
                          std::span<const std::shared_ptr<const layers::LayerIndex>> segments,
                          const oci::ImageConfig& config, Profile profile);

} // namespace aic::builder

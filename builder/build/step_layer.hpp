// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/layer_index.hpp"
#include "builder/layers/tree.hpp"
#include "builder/squashfs/block_lane.hpp"
#include "cache/store.hpp"
#include "cache/visibility.hpp"
#include "oci/derived_documents.hpp"

#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace aic::build {

/// The profile of an image that holds one step's layer and nothing else, as overlayfs wants a lower
/// directory: deletions as devices 0:0, hidden directories with "user.overlay.opaque". Nobody runs
/// it; the steps above are run over it, and the images that are built take its segment.
inline constexpr std::string_view k_step_profile = "step";

/// The layer's own tree in that form.
layers::Tree overlay_tree(const layers::LayerIndex& layer);

/// What the history of an image says of a layer before the step's label, or before the name of the
/// container whose changes it holds.
inline constexpr std::string_view k_built_by = "aic-image build: ";
inline constexpr std::string_view k_committed_by = "aic-image commit: ";

/// What a step's layer is made from and how.
struct StepLayerInput {
    int tar_fd; ///< read to its end
    std::string reference;
    std::string created_by;
    std::string comment;
    oci::Platform platform;
    const squashfs::Compression& compression;
    std::uint32_t block_bytes;
    cache::Visibility visibility;
};

/// Takes a step's layer into the store.
cache::StoredImage store_step_layer(cache::Store& store, const StepLayerInput& input,
                                    squashfs::CompressorPool& pool, std::stop_token stop);

/// The paths that steps wrote and did not delete again.
std::set<std::string> paths_written(const std::vector<cache::StoredImage>& steps);
/// The same of the steps that an image was built with.
std::set<std::string> paths_built(const cache::StoredImage& image);

/// One of the layers that were built here, as an image's history tells of it.
struct BuiltLayer {
    std::string label; ///< of the step
    std::string made;  ///< RFC 3339
    std::string took;  ///< "12.3 s"
    DiffId diff_id;
    std::uint64_t layer_bytes = 0; ///< in the image
};

/// Those of the image, the lowest first.
std::vector<BuiltLayer> built_layers(const cache::Record& record);

/// What the image of a step's layer says of it.
oci::AddedLayer added_layer_of(const cache::StoredImage& step);

} // namespace aic::build

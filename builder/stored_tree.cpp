// SPDX-License-Identifier: Apache-2.0
#include "builder/stored_tree.hpp"

#include "builder/live_data.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <algorithm>

namespace aic::builder {

namespace {

constexpr std::uint64_t k_max_index_bytes = 1ULL << 30;

/// Nothing for the profile of images that others made.
std::optional<Profile> profile_of(const cache::Record& record) {
    for (const auto profile : {Profile::enroot, Profile::keep_ids})
        if (record.profile == name_of(profile))
            return profile;
    return std::nullopt;
}

void check_segments(const cache::Record& record, const StoredTree& stored) {
    if (stored.segments.size() != stored.plan.unique.size() + 1)
        throw Error(ErrorKind::integrity, "there are {} segments for {} layers",
                    stored.segments.size(), stored.plan.unique.size());
    if (!std::ranges::equal(
            record.segments, stored.segments,
            [](const auto& segment, const auto& layer) { return fits(segment, *layer); }))
        throw Error(ErrorKind::integrity, "the record and the layer index do not fit each other");
    for (std::size_t i = 0; i < stored.plan.unique.size(); ++i)
        if (stored.segments[i]->diff_id != stored.plan.unique[i].diff_id)
            throw Error(ErrorKind::integrity, "the segments are not those of the manifest");
}

} // namespace

std::vector<std::shared_ptr<const layers::LayerIndex>>
read_layers(const cache::StoredImage& image) {
    const auto path = image.layer_index();
    const auto text = read_file_if_exists(path, k_max_index_bytes);
    if (!text)
        throw Error(ErrorKind::not_found, "'{}' is missing", path.native());
    if (ContentHash::of(*text) != image.record.layer_index_hash)
        throw Error(ErrorKind::integrity, "'{}' is not what its record says", path.native());
    std::vector<std::shared_ptr<const layers::LayerIndex>> layers;
    for (auto& layer : layers::decode_layer_indexes(as_bytes(*text)))
        layers.push_back(std::make_shared<const layers::LayerIndex>(std::move(layer)));
    return layers;
}

bool fits(const cache::SegmentRecord& segment, const layers::LayerIndex& layer) {
    return segment.diff_id == layer.diff_id && segment.hash == layer.segment.hash
           && segment.length_bytes == layer.segment.length_bytes;
}

StoredTree read_tree(const cache::StoredImage& image) {
    const auto& record = image.record;
    const auto profile = profile_of(record);
    if (!profile)
        throw Error(ErrorKind::usage, "'{}' was not made from layers", image.file().native());
    StoredTree stored{.config = oci::parse_image_config(record.config_json),
                      .plan = {},
                      .segments = read_layers(image),
                      .tree = {}};
    stored.plan = plan_layers(oci::parse_recorded_manifest(record.manifest_json), stored.config);
    check_segments(record, stored);
    stored.tree = merge_layers(stored.plan, stored.segments, stored.config, *profile);
    return stored;
}

std::optional<std::uint64_t> dead_bytes_of(const cache::StoredImage& image) {
    if (image.record.dead_bytes || !profile_of(image.record))
        return image.record.dead_bytes;
    const auto stored = read_tree(image);
    return dead_bytes_of(live_data(stored.tree, stored.plan, stored.segments));
}

} // namespace aic::builder

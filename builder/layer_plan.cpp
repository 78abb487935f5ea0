// SPDX-License-Identifier: Apache-2.0
#include "builder/layer_plan.hpp"

#include "builder/layers/merge.hpp"
#include "core/error.hpp"

#include <map>
#include <numeric>

namespace aic::builder {

namespace {

std::string_view without_slashes(std::string_view path) {
    const auto first = path.find_first_not_of('/');
    return first == std::string_view::npos ? std::string_view() : path.substr(first);
}

} // namespace

LayerPlan plan_layers(const oci::Manifest& manifest, const oci::ImageConfig& config) {
    if (manifest.layers.size() != config.diff_ids.size())
        throw Error(ErrorKind::integrity,
                    "the manifest has {} layers where the image config has {} diff ids",
                    manifest.layers.size(), config.diff_ids.size());
    LayerPlan plan;
    std::map<Digest, std::size_t> known;
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
        const auto& descriptor = manifest.layers[i];
        const auto [entry, is_new] = known.try_emplace(descriptor.digest, plan.unique.size());
        if (is_new)
            plan.unique.push_back({descriptor, config.diff_ids[i]});
        else if (plan.unique[entry->second].diff_id != config.diff_ids[i])
            throw Error(ErrorKind::integrity, "the layer {} stands twice with different diff ids",
                        descriptor.digest.str());
        plan.order.push_back(entry->second);
    }
    return plan;
}

layers::Tree merge_layers(const LayerPlan& plan,
                          std::span<const std::shared_ptr<const layers::LayerIndex>> segments,
                          const oci::ImageConfig& config, Profile profile) {
    layers::Tree tree;
    tree.reserve(std::accumulate(
        segments.begin(), segments.end(), std::size_t{0},
        [](std::size_t sum, const auto& segment) { return sum + segment->entry_count; }));
    for (std::size_t i = 0; i < plan.order.size(); ++i)
        in_context(
            [&] {
                return fmt::format("layer {}", plan.unique[plan.order[i]].descriptor.digest.str());
            },
            [&] { apply_layer(*segments[plan.order[i]], static_cast<std::uint32_t>(i), tree); });
    const auto own = static_cast<std::uint32_t>(plan.order.size());
    apply_layer(*segments.back(), own, tree);
    // As enroot does: a missing working directory is made, one that is there is left alone.
    make_directory(tree, without_slashes(config.working_dir), config.created_seconds, own);
    apply_profile(tree, profile);
    return tree;
}

} // namespace aic::builder

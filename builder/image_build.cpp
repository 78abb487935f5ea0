// SPDX-License-Identifier: Apache-2.0
#include "builder/image_build.hpp"

#include "builder/generated_layer.hpp"
#include "builder/layer_plan.hpp"
#include "builder/live_data.hpp"
#include "core/error.hpp"
#include "core/pipeline.hpp"

#include <algorithm>
#include <map>

namespace aic::builder {

namespace {

/// A layer keeps about four cores busy: one inflates, one parses, two compress.
unsigned parallel_layers(unsigned threads, std::size_t layers) {
    return static_cast<unsigned>(
        std::clamp<std::size_t>(threads / 4, 1, std::max<std::size_t>(layers, 1)));
}

/// Layers that have to be fetched, and which of the plan's they are.
struct Fetches {
    std::vector<registry::BlobRequest> requests;
    std::vector<std::size_t> layers;
    std::size_t enroot_layers = 0; ///< that are not among them because enroot kept them
    std::uint64_t enroot_bytes = 0;
    registry::FetchedBytes bytes;
};

/// Hands the layers that are on this machine to `assembly`; what is left has to be fetched.
Fetches hand_over_known(const BuildInput& input, const LayerPlan& plan, Assembly& assembly,
                        Progress* progress) {
    Fetches fetches;
    for (std::size_t i = 0; i < plan.unique.size(); ++i) {
        const auto& [descriptor, diff_id] = plan.unique[i];
        if (const auto donor = input.donors.find(diff_id); donor != input.donors.end()) {
            assembly.donor_ready(i, donor->second);
            continue;
        }
        auto* item = progress ? &progress->add(descriptor.digest.short_hex(), descriptor.size_bytes)
                              : nullptr;
        const auto cached = input.enroot ? input.enroot->find(descriptor) : std::nullopt;
        if (cached) {
            assembly.blob_ready(i, {cached->file, cached->descriptor, diff_id, item});
            ++fetches.enroot_layers;
            fetches.enroot_bytes += descriptor.size_bytes;
            continue;
        }
        fetches.requests.push_back({descriptor, item});
        fetches.layers.push_back(i);
    }
    return fetches;
}

/// What had to be fetched, and what not.
Fetches convert_layers(registry::ImageSource& source, const BuildInput& input,
                       const LayerPlan& plan, Assembly& assembly, unsigned workers,
                       const std::filesystem::path& spool, Progress* progress,
                       std::stop_token stop) {
    auto fetches = hand_over_known(input, plan, assembly, progress);
    Pipeline pipeline(stop);
    pipeline.run([&](std::stop_token stage) {
        fetches.bytes = source.fetch(
            fetches.requests, spool,
            [&](std::size_t index, const registry::BlobFile& blob) {
                const auto& request = fetches.requests[index];
                const auto layer = fetches.layers[index];
                assembly.blob_ready(layer, {blob, request.descriptor, plan.unique[layer].diff_id,
                                            request.progress});
            },
            stage);
    });
    for (unsigned i = 0; i < workers; ++i)
        pipeline.run([&](std::stop_token stage) { assembly.work(stage); });
    pipeline.wait();
    return fetches;
}

TakenOver taken_over(const BuildInput& input, const LayerPlan& plan, const Assembly& assembly,
                     const Fetches& fetches) {
    TakenOver taken{.method = assembly.copy_method(),
                    .enroot_layers = fetches.enroot_layers,
                    .enroot_bytes = fetches.enroot_bytes};
    std::map<std::string, std::uint64_t> givers;
    for (const auto& layer : plan.unique)
        if (const auto donor = input.donors.find(layer.diff_id); donor != input.donors.end()) {
            const auto bytes = donor->second.layer->segment.length_bytes;
            taken.size_bytes += bytes;
            givers[donor->second.reference] += bytes;
        }
    const auto most =
        std::ranges::max_element(givers, {}, [](const auto& giver) { return giver.second; });
    if (most != givers.end())
        taken.from = most->first;
    return taken;
}

} // namespace

BuiltImage build_image(registry::ImageSource& source, const BuildInput& input,
                       const std::filesystem::path& file, const std::filesystem::path& scratch,
                       const std::filesystem::path& spool, const ImportOptions& options,
                       Progress* progress, std::stop_token stop) {
    const auto plan = plan_layers(input.image.manifest, input.config);
    ImageFile image(file);
    const auto workers = parallel_layers(options.threads, plan.unique.size());
    Crew crew(options.threads - std::min(options.threads, workers));
    squashfs::CompressorPool pool(crew, options.compression, options.block_bytes);
    Assembly assembly(image, pool, {.scratch = scratch, .progress = progress}, plan.unique.size());
    const auto fetches =
        convert_layers(source, input, plan, assembly, workers, spool, progress, stop);

    if (progress)
        progress->phase("writing tables");
    image.add_segment(generate_layer(enroot_files(input.config, input.provenance),
                                     input.config.created_seconds, image.target(nullptr), pool,
                                     stop));
    const auto layers = layers_of(image.segments());
    const auto tree = merge_layers(plan, layers, input.config, options.profile);
    const auto placed = image.placed(plan);
    const auto tables = build_tables(tree, placed,
                                     {.compression = options.compression,
                                      .block_bytes = options.block_bytes,
                                      .mkfs_time_seconds = input.config.created_seconds},
                                     image.end());
    if (stop.stop_requested())
        throw Error(ErrorKind::interrupted, "stopped");

    if (progress)
        progress->phase("writing to disk");
    BuiltImage built;
    built.segments = image.segments();
    built.parts = image.finish(tables);
    built.size_bytes = image.size_bytes();
    for (const auto& layer : plan.unique)
        built.blobs.push_back(layer.descriptor.digest);
    built.dead_bytes = dead_bytes_of(live_data(tree, plan, layers));
    built.taken_over = taken_over(input, plan, assembly, fetches);
    built.fetched = fetches.bytes;
    return built;
}

} // namespace aic::builder

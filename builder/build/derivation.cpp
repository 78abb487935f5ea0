// SPDX-License-Identifier: Apache-2.0
#include "builder/build/derivation.hpp"

#include "builder/build/profile_files.hpp"
#include "builder/build/staging.hpp"
#include "builder/build/step_layer.hpp"
#include "builder/generated_layer.hpp"
#include "builder/live_data.hpp"
#include "builder/packing.hpp"
#include "builder/stored_tree.hpp"
#include "core/crew.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/printable.hpp"

#include <algorithm>
#include <ctime>
#include <map>

namespace fs = std::filesystem;

namespace aic::build {

namespace {

/// A segment that lies in an image of the store.
struct Origin {
    std::shared_ptr<const Fd> file;
    fs::path path;
    std::shared_ptr<const layers::LayerIndex> layer;
    cache::SegmentRecord record;
};

class Deriving {
public:
    Deriving(const DerivationInput& input, std::stop_token stop)
        : input_(input)
        , stop_(stop)
        , packing_(builder::packing_of(input.base)) {
        add_origins(input.base);
        for (const auto& step : input.steps)
            add_origins(step);
    }

    cache::StoredImage run(cache::Store& store) {
        const auto& record = input_.base.record;
        MadeImage image{.reference = input_.reference,
                        .platform = record.platform,
                        .config_json = oci::derived_config(record.config_json, derivation()),
                        .manifest_json = {},
                        .base_name = input_.base_name,
                        .compression = packing_.compression.str(),
                        .block_bytes = record.block_bytes,
                        .profile = std::string(name_of(packing_.profile)),
                        .visibility = input_.visibility};
        image.manifest_json =
            oci::derived_manifest(record.manifest_json, image.config_json, derivation());
        return make_image(store, image, [&](const fs::path& path, const MadeImage& made) {
            return write(path, made);
        });
    }

private:
    void add_origins(const cache::StoredImage& image) {
        const auto path = image.file();
        const auto file =
            std::make_shared<const Fd>(open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
        const auto layers = builder::read_layers(image);
        const auto& segments = image.record.segments;
        if (layers.size() != segments.size())
            throw Error(ErrorKind::integrity, "'{}': the record and the layer index do not fit",
                        path.native());
        for (std::size_t i = 0; i < segments.size(); ++i) {
            if (!builder::fits(segments[i], *layers[i]))
                throw Error(ErrorKind::integrity, "'{}': the record and the layer index do not fit",
                            path.native());
            if (segments[i].diff_id)
                origins_.try_emplace(*segments[i].diff_id,
                                     Origin{file, path, layers[i], segments[i]});
        }
    }

    const oci::Derivation& derivation() {
        if (derivation_.created.empty()) {
            for (const auto& step : input_.steps)
                derivation_.layers.push_back(added_layer_of(step));
            derivation_.created = cache::utc_time(std::time(nullptr));
            derivation_.env = input_.recipe.env;
            derivation_.working_dir = input_.recipe.working_dir;
            derivation_.entrypoint = input_.recipe.entrypoint;
            derivation_.labels = input_.recipe.labels;
        }
        return derivation_;
    }

    void take_over(builder::ImageFile& image, const DiffId& diff_id) {
        if (stop_.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
        const auto origin = origins_.find(diff_id);
        if (origin == origins_.end())
            throw Error(ErrorKind::integrity, "the layer {} is in none of the base's segments",
                        diff_id.str());
        const auto& [file, path, layer, record] = origin->second;
        image.append_segment({file->get(), path, record.offset}, layer, record.producer_uid,
                             record.format);
    }

    std::vector<builder::GeneratedFile> files(const oci::ImageConfig& config,
                                              const ImageId& id) const {
        return profile_files({.base = input_.base,
                              .recipe = input_.recipe,
                              .config = config,
                              .provenance = fmt::format("aic:{}", id.str()),
                              .written = paths_written(input_.steps),
                              .below = paths_built(input_.base)});
    }

    builder::BuiltImage write(const fs::path& path, const MadeImage& made) {
        const auto config = oci::parse_image_config(made.config_json);
        const auto plan =
            builder::plan_layers(oci::parse_recorded_manifest(made.manifest_json), config);
        builder::ImageFile image(path);
        for (const auto& layer : plan.unique)
            take_over(image, layer.diff_id);
        Crew crew(input_.threads);
        squashfs::CompressorPool pool(crew, packing_.compression, packing_.block_bytes);
        image.add_segment(
            builder::generate_layer(files(config, ImageId(sha256_of(made.config_json))),
                                    config.created_seconds, image.target(nullptr), pool, stop_));
        const auto layers = builder::layers_of(image.segments());
        const auto tree = builder::merge_layers(plan, layers, config, packing_.profile);
        const auto tables = build_tables(tree, image.placed(plan),
                                         {.compression = packing_.compression,
                                          .foreign = packing_.foreign,
                                          .block_bytes = packing_.block_bytes,
                                          .mkfs_time_seconds = config.created_seconds},
                                         image.end());
        builder::BuiltImage built;
        built.segments = image.segments();
        built.parts = image.finish(tables);
        built.size_bytes = image.size_bytes();
        built.dead_bytes = dead_bytes_of(live_data(tree, plan, layers));
        return built;
    }

    const DerivationInput& input_;
    std::stop_token stop_;
    const builder::Packing packing_;
    std::map<DiffId, Origin> origins_;
    oci::Derivation derivation_;
};

} // namespace

cache::StoredImage derive_image(cache::Store& store, const DerivationInput& input,
                                std::stop_token stop) {
    return in_context("putting the image together",
                      [&] { return Deriving(input, stop).run(store); });
}

} // namespace aic::build

// SPDX-License-Identifier: Apache-2.0
#include "builder/build/step_layer.hpp"

#include "builder/build/staging.hpp"
#include "builder/layer_conversion.hpp"
#include "builder/layers/merge.hpp"
#include "builder/layers/path.hpp"
#include "builder/layers/resolve.hpp"
#include "builder/stored_tree.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "oci/history.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>

namespace aic::build {

namespace {

using layers::EntryType;

/// What stands for the entry in an overlay's lower directory.
layers::InodeId inode_of(const layers::LayerEntry& entry, layers::Tree& tree) {
    return entry.type == EntryType::whiteout
               ? tree.add_inode({.type = EntryType::char_device, .mode = 0})
               : layers::add_inode(tree, entry, 0);
}

void mark_opaque(layers::Tree& tree, std::string_view path) {
    const auto directory = layers::make_directory(tree, path, 0, 0);
    auto xattrs = tree.xattrs(tree.inode(directory).xattrs);
    xattrs.push_back({"user.overlay.opaque", "y"});
    tree.inode(directory).xattrs = tree.add_xattrs(xattrs);
}

void place(layers::Tree& tree, const layers::LayerEntry& entry) {
    if (entry.type == EntryType::opaque)
        return mark_opaque(tree, entry.path);
    const auto parent =
        layers::make_directory(tree, layers::parent_of(entry.path), entry.mtime_seconds, 0);
    if (entry.type != EntryType::hardlink) {
        tree.add(parent, layers::base_of(entry.path), inode_of(entry, tree), 0);
        return;
    }
    const auto target = layers::find_entry(tree, entry.target);
    if (!target)
        throw Error(ErrorKind::integrity, "'{}' is a hardlink to '{}', which is not in the layer",
                    printable(entry.path), printable(entry.target));
    tree.add(parent, layers::base_of(entry.path), tree.node(*target).inode, 0);
}

/// Adds the paths that a layer has, and takes those away that it deletes.
void add_paths(const layers::LayerIndex& layer, std::set<std::string>& paths) {
    layers::LayerEntry entry;
    layers::EntryReader reader(layer);
    while (reader.next(entry))
        if (entry.type == EntryType::whiteout)
            paths.erase(entry.path);
        else
            paths.insert(entry.path);
}

/// Nothing for what others have made.
std::optional<std::string> label_of(const std::string& created_by) {
    if (created_by.starts_with(k_built_by))
        return created_by.substr(k_built_by.size());
    if (created_by.starts_with(k_committed_by))
        return "commit " + created_by.substr(k_committed_by.size());
    return std::nullopt;
}

} // namespace

layers::Tree overlay_tree(const layers::LayerIndex& layer) {
    layers::Tree tree;
    tree.reserve(layer.entry_count);
    layers::EntryReader reader(layer);
    layers::LayerEntry entry;
    while (reader.next(entry))
        place(tree, entry);
    return tree;
}

cache::StoredImage store_step_layer(cache::Store& store, const StepLayerInput& input,
                                    squashfs::CompressorPool& pool, std::stop_token stop) {
    MadeImage image{.reference = input.reference,
                    .platform = input.platform,
                    .config_json = {},
                    .manifest_json = {},
                    .base_name = "step",
                    .compression = input.compression.str(),
                    .block_bytes = input.block_bytes,
                    .profile = std::string(k_step_profile),
                    .visibility = input.visibility};
    return make_image(store, image, [&](const std::filesystem::path& path, MadeImage& made) {
        builder::ImageFile file(path);
        auto converted = builder::convert_tar(input.tar_fd, file.target(nullptr), pool, stop);
        const oci::AddedLayer added{.diff_id = *converted.layer.diff_id,
                                    .tar_bytes = converted.tar_bytes,
                                    .created_by = input.created_by,
                                    .comment = input.comment};
        const auto created = cache::utc_time(std::time(nullptr));
        made.config_json = oci::lone_layer_config(input.platform, added, created);
        made.manifest_json = oci::lone_layer_manifest(made.config_json, added);
        const auto layer = std::make_shared<const layers::LayerIndex>(std::move(converted.layer));
        file.add_segment(layer);
        const auto tree = overlay_tree(*layer);
        const auto& segment = file.segments().front();
        const std::vector<squashfs::PlacedSegment> placed = {
            {&layer->segment, segment.offset, segment.first_fragment}};
        const auto tables = build_tables(
            tree, placed, {.compression = input.compression, .block_bytes = input.block_bytes},
            file.end());
        builder::BuiltImage built;
        built.segments = file.segments();
        built.parts = file.finish(tables);
        built.size_bytes = file.size_bytes();
        built.dead_bytes = 0;
        return built;
    });
}

std::set<std::string> paths_written(const std::vector<cache::StoredImage>& steps) {
    std::set<std::string> written;
    for (const auto& step : steps)
        for (const auto& layer : builder::read_layers(step))
            add_paths(*layer, written);
    return written;
}

std::set<std::string> paths_built(const cache::StoredImage& image) {
    std::set<std::string> paths;
    const auto built = built_layers(image.record);
    if (built.empty())
        return paths;
    const auto layers = builder::read_layers(image);
    for (const auto& step : built)
        if (const auto layer = std::ranges::find_if(
                layers, [&](const auto& each) { return each->diff_id == step.diff_id; });
            layer != layers.end())
            add_paths(**layer, paths);
    return paths;
}

std::vector<BuiltLayer> built_layers(const cache::Record& record) {
    std::vector<BuiltLayer> layers;
    for (const auto& entry : oci::parse_history(record.config_json)) {
        const auto label = entry.layer ? label_of(entry.created_by) : std::nullopt;
        if (!label)
            continue;
        const auto segment =
            std::ranges::find(record.segments, entry.layer, &cache::SegmentRecord::diff_id);
        layers.push_back(
            {.label = *label,
             .made = entry.created,
             .took = entry.comment,
             .diff_id = *entry.layer,
             .layer_bytes = segment == record.segments.end() ? 0 : segment->length_bytes});
    }
    return layers;
}

oci::AddedLayer added_layer_of(const cache::StoredImage& step) {
    try {
        const auto manifest = nlohmann::json::parse(step.record.manifest_json);
        const auto config = nlohmann::json::parse(step.record.config_json);
        const auto& layer = manifest.at("layers").at(0);
        const auto& history = config.at("history").at(0);
        return {.diff_id = DiffId::parse(layer.at("digest").get<std::string>()),
                .tar_bytes = layer.at("size").get<std::uint64_t>(),
                .created_by = history.at("created_by").get<std::string>(),
                .comment = history.value("comment", ""),
                .created = history.value("created", "")};
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorKind::integrity, "the record in '{}' is not that of a step: {}",
                    step.directory.native(), error.what());
    }
}

} // namespace aic::build

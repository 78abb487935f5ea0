// SPDX-License-Identifier: Apache-2.0
#include "builder/image_record.hpp"

#include "core/files.hpp"
#include "core/machine.hpp"
#include "core/version.hpp"

#include <unistd.h>

#include <ctime>

namespace aic::builder {

cache::SegmentRecord record_part(const FilePart& part) {
    return {.offset = part.offset,
            .length_bytes = part.length_bytes,
            .hash = part.hash,
            .producer_uid = static_cast<std::int64_t>(::geteuid())};
}

std::string made_by() {
    return fmt::format("aic-image {} on {}", k_version, host_name());
}

ImportOptions options_that_made(const cache::Record& record) {
    const bool keeps_ids = record.profile == name_of(Profile::keep_ids);
    return {.compression = squashfs::Compression::parse_recorded(record.compression),
            .block_bytes = record.block_bytes,
            .profile = keeps_ids ? Profile::keep_ids : Profile::enroot,
            .platform = record.platform,
            .platform_is_demanded = true,
            .output = std::nullopt};
}

cache::Record make_record(const RecordInput& input, const BuiltImage& built,
                          ContentHash layer_index_hash) {
    cache::Record record{
        .id = input.id,
        .variant = input.options.variant(),
        .reference = input.reference,
        .platform = input.config.platform,
        .manifest_digest = input.image.manifest_digest,
        .manifest_json = input.image.manifest_json,
        .config_json = input.config_json,
        .file_name = cache::image_file_name(input.base_name, input.id),
        .size_bytes = built.size_bytes,
        .file_digest = digest_of(built.parts),
        .segments = {},
        .header = record_part(built.parts.front()),
        .tables = record_part(built.parts.back()),
        .layer_index_hash = layer_index_hash,
        .compression = input.options.compression.str(),
        .block_bytes = input.options.block_bytes,
        .profile = std::string(name_of(input.options.profile)),
        .created_seconds = std::time(nullptr),
        .owner_uid = static_cast<std::int64_t>(::geteuid()),
        .made_by = builder::made_by(),
        .dead_bytes = built.dead_bytes,
    };
    for (std::size_t i = 0; i < built.segments.size(); ++i) {
        auto segment = record_part(built.parts[i + 1]);
        segment.diff_id = built.segments[i].layer->diff_id;
        segment.format = squashfs::k_segment_format;
        segment.producer_uid = built.segments[i].producer_uid.value_or(segment.producer_uid);
        if (i < built.blobs.size())
            segment.blob = built.blobs[i];
        record.segments.push_back(segment);
    }
    return record;
}

ContentHash write_layer_index(const BuiltImage& built, const std::filesystem::path& path) {
    std::vector<const layers::LayerIndex*> layers;
    for (const auto& segment : built.segments)
        layers.push_back(segment.layer.get());
    const auto bytes = layers::encode_layer_indexes(layers);
    write_file(path, as_text(bytes), 0444);
    return ContentHash::of(bytes);
}

} // namespace aic::builder

// SPDX-License-Identifier: Apache-2.0
#include "builder/build/staging.hpp"

#include "builder/audience.hpp"
#include "builder/build/step_layer.hpp"
#include "builder/image_record.hpp"
#include "cache/modes.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <unistd.h>

#include <ctime>

namespace fs = std::filesystem;

namespace aic::build {

namespace {

cache::Record record_of(const MadeImage& image, const builder::BuiltImage& built,
                        const ContentHash& layer_index_hash) {
    const ImageId id(sha256_of(image.config_json));
    cache::Record record{
        .id = id,
        .variant = builder::variant_name(image.compression, image.block_bytes, image.profile),
        .reference = image.reference,
        .platform = image.platform,
        .manifest_digest = Digest(sha256_of(image.manifest_json)),
        .manifest_json = image.manifest_json,
        .config_json = image.config_json,
        .file_name = cache::image_file_name(image.base_name, id),
        .size_bytes = built.size_bytes,
        .file_digest = builder::digest_of(built.parts),
        .segments = {},
        .header = builder::record_part(built.parts.front()),
        .tables = builder::record_part(built.parts.back()),
        .layer_index_hash = layer_index_hash,
        .compression = image.compression,
        .block_bytes = image.block_bytes,
        .profile = image.profile,
        .created_seconds = std::time(nullptr),
        .owner_uid = static_cast<std::int64_t>(::geteuid()),
        .made_by = builder::made_by(),
        .dead_bytes = built.dead_bytes,
    };
    for (std::size_t i = 0; i < built.segments.size(); ++i) {
        auto segment = builder::record_part(built.parts[i + 1]);
        segment.diff_id = built.segments[i].layer->diff_id;
        segment.format = built.segments[i].format;
        segment.producer_uid = built.segments[i].producer_uid.value_or(segment.producer_uid);
        record.segments.push_back(segment);
    }
    return record;
}

} // namespace

cache::StoredImage
make_image(cache::Store& store, MadeImage image,
           const std::function<builder::BuiltImage(const fs::path&, MadeImage&)>& write) {
    store.prepare();
    WorkDir::remove_abandoned(store.layout().temporary());
    const WorkDir work(store.layout().temporary());
    const auto staged = work.path() / "image";
    make_directories(staged, cache::k_directory_mode);
    const auto file = staged / "file";
    const auto built = write(file, image);
    const auto index_hash = builder::write_layer_index(built, staged / cache::k_layer_index_name);
    const auto record = record_of(image, built, index_hash);
    if (::rename(file.c_str(), (staged / record.file_name).c_str()) != 0)
        throw system_error("renaming '{}'", file.native());
    write_file(staged / cache::k_record_name, to_json(record), cache::k_image_mode);
    builder::set_audience(store.layout(), staged, record.id, record.variant, image.visibility,
                          image.profile == k_step_profile ? builder::Told::no : builder::Told::yes);
    auto stored = store.publish(staged, record.id, record.variant);
    store.write_reference({.reference = record.reference,
                           .points_at = record.manifest_digest,
                           .manifest_digest = record.manifest_digest,
                           .id = record.id,
                           .resolved_seconds = record.created_seconds},
                          record.platform);
    return stored;
}

} // namespace aic::build

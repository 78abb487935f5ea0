// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/image_build.hpp"
#include "cache/record.hpp"
#include "core/content_hash.hpp"

#include <filesystem>
#include <string>

namespace aic::builder {

/// What a record says beyond what was built.
struct RecordInput {
    const ImageId& id;
    std::string reference;
    const registry::ResolvedImage& image;
    const oci::ImageConfig& config;
    const std::string& config_json;
    std::string base_name;
    const ImportOptions& options;
};

/// Those with which the same variant is made again, on one thread.
ImportOptions options_that_made(const cache::Record& record);

cache::Record make_record(const RecordInput& input, const BuiltImage& built,
                          ContentHash layer_index_hash);

/// What a record says of a part that the caller made.
cache::SegmentRecord record_part(const FilePart& part);
/// "aic-image 0.1.0 on HOST"
std::string made_by();

/// Writes layers.idx; its hash.
ContentHash write_layer_index(const BuiltImage& built, const std::filesystem::path& path);

} // namespace aic::builder

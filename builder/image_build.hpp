// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/assembly.hpp"
#include "builder/enroot_cache.hpp"
#include "builder/image_file.hpp"
#include "builder/import.hpp"
#include "oci/image_config.hpp"
#include "registry/image_source.hpp"

#include <filesystem>
#include <map>
#include <stop_token>
#include <vector>

namespace aic::builder {

/// A finished image file and what its record says of it.
struct BuiltImage {
    std::vector<FilePart> parts; ///< header, segments, tables
    std::vector<ImageFile::Segment> segments;
    std::uint64_t size_bytes = 0;
    std::optional<std::uint64_t> dead_bytes; ///< see live_data()
    std::vector<Digest> blobs; ///< of the segments that were made from a layer, in order
    TakenOver taken_over;
    registry::FetchedBytes fetched;
};

struct BuildInput {
    const registry::ResolvedImage& image;
    const oci::ImageConfig& config;
    std::string provenance;
    const std::map<DiffId, Donor>& donors; ///< for layers that need not be fetched
    const EnrootCache* enroot = nullptr;   ///< where other layers may be too
};

/// Fetches the layers from `source`, converts them and writes the image to `file`. `scratch` is a
/// directory on the node that the caller removes; downloads go to `spool`.
BuiltImage build_image(registry::ImageSource& source, const BuildInput& input,
                       const std::filesystem::path& file, const std::filesystem::path& scratch,
                       const std::filesystem::path& spool, const ImportOptions& options,
                       Progress* progress, std::stop_token stop);

} // namespace aic::builder

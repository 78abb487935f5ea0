// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"
#include "cache/record.hpp"

#include <string_view>

namespace aic::testing {

/// A record with every field set, the same each time.
inline cache::Record sample_record(std::string_view name = "sample") {
    const ImageId id(sha256_of(name));
    const cache::SegmentRecord part{.diff_id = DiffId(sha256_of("tar")),
                                    .blob = Digest(sha256_of("blob")),
                                    .offset = 4096,
                                    .length_bytes = 12345,
                                    .hash = ContentHash::of("segment"),
                                    .format = 1,
                                    .producer_uid = 1000};
    const cache::SegmentRecord edge{
        .length_bytes = 96, .hash = ContentHash::of("header"), .producer_uid = 1000};
    return {.id = id,
            .variant = "zstd1-128k",
            .reference = "docker.io/library/ubuntu:22.04",
            .platform = {"linux", "amd64", ""},
            .manifest_digest = Digest(sha256_of("manifest")),
            .manifest_json = "{\"layers\": []}",
            .config_json = "{\"os\": \"linux\"}",
            .file_name = cache::image_file_name("ubuntu", id),
            .size_bytes = 20480,
            .file_digest = FileDigest(sha256_of("file")),
            .segments = {part},
            .header = edge,
            .tables = edge,
            .layer_index_hash = ContentHash::of("index"),
            .compression = "zstd1",
            .block_bytes = 131072,
            .profile = "enroot",
            .created_seconds = 1'700'000'000,
            .owner_uid = 1000,
            .made_by = "aic-image 0.1.0 on host",
            .dead_bytes = 345};
}

} // namespace aic::testing

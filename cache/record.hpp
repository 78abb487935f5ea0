// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/content_hash.hpp"
#include "core/digest.hpp"
#include "oci/platform.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::cache {

/// One segment of an image file.
struct SegmentRecord {
    std::optional<DiffId> diff_id; ///< absent for the files that the profile adds
    std::optional<Digest> blob;    ///< what it was made from
    std::uint64_t offset = 0;
    std::uint64_t length_bytes = 0;
    ContentHash hash;
    std::uint32_t format = 0;      ///< version of the segment format
    std::int64_t producer_uid = 0; ///< who made its bytes
};

/// One image's truth: what it is, where from, who made it and how (docs/formats/record.md).
/// Immutable.
struct Record {
    ImageId id;
    std::string variant;   ///< "zstd1-128k"
    std::string reference; ///< as it was pulled, canonical
    oci::Platform platform;
    Digest manifest_digest;
    std::string manifest_json; ///< as served
    std::string config_json;   ///< as served: its digest is the id

    std::string file_name;
    std::uint64_t size_bytes = 0;
    FileDigest file_digest; ///< over the parts' offsets, lengths and hashes
    std::vector<SegmentRecord> segments;
    SegmentRecord header; ///< superblock and compressor options
    SegmentRecord tables;
    ContentHash layer_index_hash; ///< of layers.idx

    std::string compression; ///< "zstd1"
    std::uint32_t block_bytes = 0;
    std::string profile;              ///< "enroot", "keep-ids"
    std::int64_t created_seconds = 0; ///< Unix time the image was made
    std::int64_t owner_uid = 0;
    std::string made_by; ///< "aic-image 0.1.0 on HOST"
    /// Of the segments, what no path of the image leads to; nothing where that was not counted.
    std::optional<std::uint64_t> dead_bytes{};
};

std::string to_json(const Record& record);
/// Throws Error(integrity) naming the field that is missing or malformed.
Record parse_record(std::string_view json);

/// What a reference stood for when it was last looked up.
struct ReferenceRecord {
    std::string reference;
    Digest points_at; ///< the index or manifest that the tag named
    Digest manifest_digest;
    ImageId id;
    std::int64_t resolved_seconds = 0;
};

std::string to_json(const ReferenceRecord& record);
ReferenceRecord parse_reference_record(std::string_view json);

/// RFC 3339 in UTC: "2026-11-23T18:42:51Z".
std::string utc_time(std::int64_t unix_seconds);
/// Back from that form; throws Error(integrity).
std::int64_t parse_utc_time(std::string_view text);

} // namespace aic::cache

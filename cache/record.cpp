// SPDX-License-Identifier: Apache-2.0
#include "cache/record.hpp"

#include "cache/json_fields.hpp"

#include <ctime>

namespace aic::cache {

namespace {

using nlohmann::json;

constexpr int k_record_version = 1;
constexpr int k_reference_version = 1;

json digest_or_null(const auto& digest) {
    return digest ? json(digest->str()) : json(nullptr);
}

json to_value(const SegmentRecord& segment) {
    return {
        {"diff_id", digest_or_null(segment.diff_id)},
        {"blob", digest_or_null(segment.blob)},
        {"offset", segment.offset},
        {"length", segment.length_bytes},
        {"xxh128", segment.hash.hex()},
        {"format", segment.format},
        {"producer_uid", segment.producer_uid},
    };
}

SegmentRecord parse_segment(const json& value) {
    const Fields fields(value);
    return {
        .diff_id = fields.digest_if_there<DiffId>("diff_id"),
        .blob = fields.digest_if_there<Digest>("blob"),
        .offset = fields.number<std::uint64_t>("offset"),
        .length_bytes = fields.number<std::uint64_t>("length"),
        .hash = fields.content_hash("xxh128"),
        .format = fields.number<std::uint32_t>("format"),
        .producer_uid = fields.number<std::int64_t>("producer_uid"),
    };
}

} // namespace

std::string to_json(const Record& record) {
    json segments = json::array();
    for (const auto& segment : record.segments)
        segments.push_back(to_value(segment));
    return to_file_text({
        {"version", k_record_version},
        {"id", record.id.str()},
        {"variant", record.variant},
        {"reference", record.reference},
        {"platform", record.platform.str()},
        {"manifest_digest", record.manifest_digest.str()},
        {"manifest", record.manifest_json},
        {"config", record.config_json},
        {"file_name", record.file_name},
        {"size_bytes", record.size_bytes},
        {"file_digest", record.file_digest.hex()},
        {"segments", segments},
        {"header", to_value(record.header)},
        {"tables", to_value(record.tables)},
        {"layer_index_xxh128", record.layer_index_hash.hex()},
        {"compression", record.compression},
        {"block_bytes", record.block_bytes},
        {"profile", record.profile},
        {"created", utc_time(record.created_seconds)},
        {"owner_uid", record.owner_uid},
        {"made_by", record.made_by},
        {"dead_bytes", number_or_null(record.dead_bytes)},
    });
}

Record parse_record(std::string_view text) {
    const auto value = parse_versioned(text, k_record_version);
    const Fields fields(value);
    Record record{
        .id = fields.digest<ImageId>("id"),
        .variant = fields.get<std::string>("variant"),
        .reference = fields.get<std::string>("reference"),
        .platform = fields.platform("platform"),
        .manifest_digest = fields.digest<Digest>("manifest_digest"),
        .manifest_json = fields.get<std::string>("manifest"),
        .config_json = fields.get<std::string>("config"),
        .file_name = fields.file_name("file_name"),
        .size_bytes = fields.number<std::uint64_t>("size_bytes"),
        .file_digest = fields.hex<FileDigest>("file_digest"),
        .segments = {},
        .header = parse_segment(fields.at("header")),
        .tables = parse_segment(fields.at("tables")),
        .layer_index_hash = fields.content_hash("layer_index_xxh128"),
        .compression = fields.get<std::string>("compression"),
        .block_bytes = fields.number<std::uint32_t>("block_bytes"),
        .profile = fields.get<std::string>("profile"),
        .created_seconds = parse_utc_time(fields.get<std::string>("created")),
        .owner_uid = fields.number<std::int64_t>("owner_uid"),
        .made_by = fields.get<std::string>("made_by"),
        .dead_bytes = fields.number_if_there<std::uint64_t>("dead_bytes"),
    };
    for (const auto& segment : fields.at("segments"))
        record.segments.push_back(parse_segment(segment));
    return record;
}

std::string to_json(const ReferenceRecord& record) {
    return to_file_text({
        {"version", k_reference_version},
        {"reference", record.reference},
        {"points_at", record.points_at.str()},
        {"manifest_digest", record.manifest_digest.str()},
        {"id", record.id.str()},
        {"resolved", utc_time(record.resolved_seconds)},
    });
}

ReferenceRecord parse_reference_record(std::string_view text) {
    const auto value = parse_versioned(text, k_reference_version);
    const Fields fields(value);
    return {
        .reference = fields.get<std::string>("reference"),
        .points_at = fields.digest<Digest>("points_at"),
        .manifest_digest = fields.digest<Digest>("manifest_digest"),
        .id = fields.digest<ImageId>("id"),
        .resolved_seconds = parse_utc_time(fields.get<std::string>("resolved")),
    };
}

std::string utc_time(std::int64_t unix_seconds) {
    const auto seconds = static_cast<std::time_t>(unix_seconds);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::int64_t parse_utc_time(std::string_view text) {
    std::tm parts{};
    const std::string terminated(text);
    const char* end = ::strptime(terminated.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (!end || *end != '\0')
        throw Error(ErrorKind::integrity, "'{}' is no time such as 2026-11-23T18:42:51Z", text);
    return ::timegm(&parts);
}

} // namespace aic::cache

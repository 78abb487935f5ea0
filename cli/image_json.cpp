// SPDX-License-Identifier: Apache-2.0
#include "cli/image_json.hpp"

#include "builder/squashfs/segment.hpp"
#include "builder/stored_tree.hpp"
#include "cache/holders.hpp"
#include "cache/pins.hpp"
#include "cache/trust.hpp"
#include "cache/uses.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/machine.hpp"

#include <algorithm>

namespace aic::cli {

using nlohmann::json;

namespace {

json segment_json(const cache::SegmentRecord& segment) {
    return {
        {"diff_id", segment.diff_id ? json(segment.diff_id->str()) : json(nullptr)},
        {"blob", segment.blob ? json(segment.blob->str()) : json(nullptr)},
        {"offset", segment.offset},
        {"length", segment.length_bytes},
        {"xxh128", segment.hash.hex()},
        {"is_cut", segment.format == squashfs::k_cut_segment_format},
    };
}

json pin_json(const cache::Pin& pin) {
    return {
        {"note", pin.note ? json(*pin.note) : json(nullptr)},
        {"pinned", cache::utc_time(pin.pinned_seconds)},
    };
}

} // namespace

std::optional<std::uint64_t> dead_bytes_if_known(const cache::StoredImage& image) {
    try {
        return builder::dead_bytes_of(image);
    } catch (const Error& error) {
        warn("counting what is dead in the image: {}", error.message());
        return std::nullopt;
    }
}

json time_or_null(const std::optional<std::int64_t>& unix_seconds) {
    return unix_seconds ? json(cache::utc_time(*unix_seconds)) : json(nullptr);
}

json image_json(const cache::Record& record, const std::filesystem::path& file) {
    return {
        {"id", record.id.str()},
        {"reference", record.reference},
        {"variant", record.variant},
        {"platform", record.platform.str()},
        {"manifest_digest", record.manifest_digest.str()},
        {"compression", record.compression},
        {"block_bytes", record.block_bytes},
        {"profile", record.profile},
        {"size_bytes", record.size_bytes},
        {"file_digest", record.file_digest.hex()},
        {"created", cache::utc_time(record.created_seconds)},
        {"owner_uid", record.owner_uid},
        {"owner", user_name(static_cast<uid_t>(record.owner_uid))},
        {"path", file.native()},
    };
}

json image_json(const cache::Layout& layout, const cache::StoredImage& stored) {
    const auto& record = stored.record;
    auto image = image_json(record, stored.file());
    const auto pin = cache::Pins(layout).find(record.id, record.variant);
    image["pin"] = pin ? pin_json(*pin) : json(nullptr);
    image["used"] = time_or_null(cache::last_use(layout, record.id, record.variant));
    return image;
}

json detailed_image_json(const cache::Layout& layout, const cache::StoredImage& stored) {
    const auto& record = stored.record;
    auto image = image_json(layout, stored);
    image["names"] = cache::Holders::read(layout).names_of(record.id, record.variant);
    image["made_by"] = record.made_by;
    const auto dead = dead_bytes_if_known(stored);
    image["dead_bytes"] = dead ? json(*dead) : json(nullptr);
    image["live_bytes"] =
        dead ? json(record.size_bytes - std::min(*dead, record.size_bytes)) : json(nullptr);
    image["segments"] = json::array();
    for (const auto& segment : record.segments)
        image["segments"].push_back(segment_json(segment));
    image["manifest"] = json::parse(record.manifest_json, nullptr, false);
    image["config"] = json::parse(record.config_json, nullptr, false);
    return image;
}

} // namespace aic::cli

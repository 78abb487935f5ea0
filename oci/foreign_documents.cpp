// SPDX-License-Identifier: Apache-2.0
#include "oci/foreign_documents.hpp"

#include "oci/media_type.hpp"

#include <nlohmann/json.hpp>

namespace aic::oci {

using nlohmann::json;

namespace {

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json descriptor(std::string_view media_type, const Digest& digest, std::uint64_t size_bytes) {
    return {{"mediaType", media_type}, {"digest", digest.str()}, {"size", size_bytes}};
}

} // namespace

DiffId synthetic_diff_id(const ForeignImage& image) {
    return DiffId(image.file.bytes());
}

std::string synthetic_config(const ForeignImage& image) {
    json config = {
        {"architecture", image.platform.architecture},
        {"os", image.platform.os},
        {"created", image.created},
        {"config", json::object()},
        {"rootfs",
         {{"type", "layers"}, {"diff_ids", json::array({synthetic_diff_id(image).str()})}}},
        {"history", json::array({{{"created", image.created},
                                  {"created_by", "aic-image add " + image.file_name}}})},
    };
    if (!image.env.empty())
        config["config"]["Env"] = image.env;
    if (!image.platform.variant.empty())
        config["variant"] = image.platform.variant;
    return dump(config);
}

std::string synthetic_manifest(const ForeignImage& image, const std::string& config_json) {
    return dump({
        {"schemaVersion", 2},
        {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
        {"config", descriptor("application/vnd.oci.image.config.v1+json",
                              Digest(sha256_of(config_json)), config_json.size())},
        {"layers", json::array({descriptor(k_squashfs_layer, image.file, image.size_bytes)})},
    });
}

} // namespace aic::oci

// SPDX-License-Identifier: Apache-2.0
#include "oci/derived_documents.hpp"

#include "core/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace aic::oci {

using nlohmann::json;

namespace {

constexpr const char* k_manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* k_config_type = "application/vnd.oci.image.config.v1+json";
constexpr const char* k_layer_type = "application/vnd.oci.image.layer.v1.tar";
constexpr const char* k_docker_layer_type = "application/vnd.docker.image.rootfs.diff.tar";

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json parse_object(std::string_view text, const char* what) {
    auto document = json::parse(text, nullptr, false);
    if (!document.is_object())
        throw Error(ErrorKind::integrity, "the base's {} is no JSON object", what);
    return document;
}

/// The member, made empty where it is missing or null.
json& member(json& object, const char* name, const json& empty) {
    auto& value = object[name];
    if (value.is_null())
        value = empty;
    if (value.type() != empty.type())
        throw Error(ErrorKind::integrity, "'{}' in the base's config is not what it should be",
                    name);
    return value;
}

json history_of(const AddedLayer& layer, const std::string& created) {
    json entry = {{"created", layer.created.empty() ? created : layer.created},
                  {"created_by", layer.created_by}};
    if (!layer.comment.empty())
        entry["comment"] = layer.comment;
    return entry;
}

json descriptor(const json& media_type, const std::string& digest, std::uint64_t size_bytes) {
    return {{"mediaType", media_type}, {"digest", digest}, {"size", size_bytes}};
}

json layer_descriptor(const char* media_type, const AddedLayer& layer) {
    return descriptor(media_type, layer.diff_id.str(), layer.tar_bytes);
}

json config_descriptor(const json& media_type, const std::string& config_json) {
    return descriptor(media_type, Digest(sha256_of(config_json)).str(), config_json.size());
}

std::string_view key_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

} // namespace

std::vector<std::string> with_variables(std::vector<std::string> env,
                                        const std::vector<std::string>& further) {
    for (const auto& variable : further) {
        const auto existing = std::ranges::find(env, key_of(variable), key_of);
        if (existing != env.end())
            *existing = variable;
        else
            env.push_back(variable);
    }
    return env;
}

std::string derived_config(std::string_view base_config_json, const Derivation& derivation) {
    auto config = parse_object(base_config_json, "config");
    config["created"] = derivation.created;
    auto& diff_ids = member(member(config, "rootfs", json::object()), "diff_ids", json::array());
    auto& history = member(config, "history", json::array());
    for (const auto& layer : derivation.layers) {
        diff_ids.push_back(layer.diff_id.str());
        history.push_back(history_of(layer, derivation.created));
    }
    auto& run = member(config, "config", json::object());
    auto& env = member(run, "Env", json::array());
    try {
        env = with_variables(env.get<std::vector<std::string>>(), derivation.env);
    } catch (const json::exception&) {
        throw Error(ErrorKind::integrity, "'Env' in the base's config is no list of texts");
    }
    if (derivation.working_dir)
        run["WorkingDir"] = *derivation.working_dir;
    if (derivation.entrypoint) {
        run["Entrypoint"] = *derivation.entrypoint;
        run.erase("Cmd");
    }
    auto& labels = member(run, "Labels", json::object());
    for (const auto& [name, value] : derivation.labels)
        labels[name] = value;
    return dump(config);
}

std::string derived_manifest(std::string_view base_manifest_json, const std::string& config_json,
                             const Derivation& derivation) {
    auto manifest = parse_object(base_manifest_json, "manifest");
    const auto type = manifest.value("mediaType", std::string(k_manifest_type));
    const bool is_docker = type.find("docker") != std::string::npos;
    auto& config = member(manifest, "config", json::object());
    config = config_descriptor(config.value("mediaType", std::string(k_config_type)), config_json);
    auto& layers = member(manifest, "layers", json::array());
    for (const auto& layer : derivation.layers)
        layers.push_back(layer_descriptor(is_docker ? k_docker_layer_type : k_layer_type, layer));
    return dump(manifest);
}

std::string lone_layer_config(const Platform& platform, const AddedLayer& layer,
                              const std::string& created) {
    json config = {
        {"architecture", platform.architecture},
        {"os", platform.os},
        {"created", created},
        {"config", json::object()},
        {"rootfs", {{"type", "layers"}, {"diff_ids", json::array({layer.diff_id.str()})}}},
        {"history", json::array({history_of(layer, created)})},
    };
    if (!platform.variant.empty())
        config["variant"] = platform.variant;
    return dump(config);
}

std::string lone_layer_manifest(const std::string& config_json, const AddedLayer& layer) {
    return dump({
        {"schemaVersion", 2},
        {"mediaType", k_manifest_type},
        {"config", config_descriptor(k_config_type, config_json)},
        {"layers", json::array({layer_descriptor(k_layer_type, layer)})},
    });
}

} // namespace aic::oci

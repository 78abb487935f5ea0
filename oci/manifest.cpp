// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.hpp"

#include "core/error.hpp"
#include "oci/json.hpp"
#include "oci/media_type.hpp"
#include "oci/printable.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace aic::oci {

using nlohmann::json;

namespace {

Descriptor parse_descriptor(const json& object) {
    Descriptor descriptor;
    descriptor.media_type = required_string(object, "mediaType");
    const auto digest = required_string(object, "digest");
    const auto parsed = Digest::try_parse(digest);
    if (!parsed)
        throw Error(ErrorKind::integrity,
                    "the field 'digest' is '{}', not sha256:<64 lower-case hex digits>",
                    printable(digest, 100));
    descriptor.digest = *parsed;
    descriptor.size_bytes = required_size(object, "size");
    descriptor.urls = strings_field(object, "urls");
    return descriptor;
}

std::optional<Platform> parse_platform(const json& entry) {
    if (!find_field(entry, "platform"))
        return std::nullopt;
    const auto& platform = required_object(entry, "platform");
    auto os = string_field(platform, "os");
    auto architecture = string_field(platform, "architecture");
    if (os.empty() && architecture.empty())
        return std::nullopt;
    return Platform::from_fields(std::move(os), std::move(architecture),
                                 string_field(platform, "variant"));
}

std::string annotation(const json& entry, const char* key) {
    const auto* annotations = find_field(entry, "annotations");
    return annotations ? string_field(*annotations, key) : std::string();
}

/// Which layers a manifest may have, by their media type.
using LayerRule = bool (*)(std::string_view media_type);

Manifest parse_manifest(const json& document, std::string media_type, LayerRule may_have) {
    Manifest manifest;
    manifest.media_type = std::move(media_type);
    manifest.config =
        in_context("config", [&] { return parse_descriptor(required_object(document, "config")); });
    if (!is_image_config(manifest.config.media_type))
        throw Error(ErrorKind::integrity, "an artifact (config of type '{}'), not an image",
                    printable(manifest.config.media_type, 100));
    for (const auto& layer : required_array(document, "layers")) {
        const auto position = [&] { return fmt::format("layer {}", manifest.layers.size() + 1); };
        auto descriptor = in_context(position, [&] { return parse_descriptor(layer); });
        if (!may_have(descriptor.media_type))
            throw Error(ErrorKind::integrity, "{} is of type '{}', which holds no file system",
                        position(), printable(descriptor.media_type, 100));
        manifest.layers.push_back(std::move(descriptor));
    }
    return manifest;
}

Index parse_index(const json& document, std::string media_type) {
    Index index;
    index.media_type = std::move(media_type);
    for (const auto& entry : required_array(document, "manifests"))
        in_context([&] { return fmt::format("entry {}", index.entries.size() + 1); },
                   [&] {
                       index.entries.push_back(
                           {parse_descriptor(entry), parse_platform(entry),
                            annotation(entry, "org.opencontainers.image.ref.name"),
                            annotation(entry, "io.containerd.image.name")});
                   });
    return index;
}

/// What the document claims to be, once body and header agree; else what it looks like.
std::string agreed_type(const json& document, std::string_view served_type) {
    auto body_type = string_field(document, "mediaType");
    const auto header_type = without_parameters(served_type);
    // "application/json" and the like say nothing, and are what plain web servers send.
    const bool header_counts = kind_of(header_type) != DocumentKind::unknown;
    if (!body_type.empty() && header_counts && without_parameters(body_type) != header_type)
        throw Error(ErrorKind::integrity, "it calls itself '{}' but is served as '{}'",
                    printable(body_type, 100), header_type);
    if (!body_type.empty())
        return std::string(without_parameters(body_type));
    if (header_counts)
        return std::string(header_type);
    return std::string(find_field(document, "manifests") ? k_oci_index : k_oci_manifest);
}

void refuse_schema1(const json& document) {
    const auto* version = find_field(document, "schemaVersion");
    if ((version && *version == 1) || find_field(document, "fsLayers"))
        throw Error(ErrorKind::integrity,
                    "a manifest of schema 1, which is too old to be supported");
    if (version && *version != 2)
        throw Error(ErrorKind::integrity, "the field 'schemaVersion' is not 2");
}

Document parse(std::string_view text, std::string_view served_type, LayerRule may_have) {
    const auto document = parse_json(text);
    refuse_schema1(document);
    const bool has_manifests = find_field(document, "manifests");
    const bool has_layers = find_field(document, "layers") || find_field(document, "config");
    if (has_manifests && has_layers)
        throw Error(ErrorKind::integrity, "it is a manifest and an index at once");

    auto type = agreed_type(document, served_type);
    switch (kind_of(type)) {
    case DocumentKind::index:
        return parse_index(document, std::move(type));
    case DocumentKind::manifest:
        return parse_manifest(document, std::move(type), may_have);
    case DocumentKind::schema1:
        throw Error(ErrorKind::integrity,
                    "a manifest of schema 1, which is too old to be supported");
    case DocumentKind::unknown:
        break;
    }
    throw Error(ErrorKind::integrity,
                "of type '{}', which is neither an image manifest nor an index",
                printable(type, 100));
}

bool is_recorded_layer(std::string_view media_type) {
    return is_tar_layer(media_type) || media_type == k_squashfs_layer;
}

} // namespace

Document parse_document(std::string_view text, std::string_view served_type) {
    return parse(text, served_type, is_tar_layer);
}

Manifest parse_recorded_manifest(std::string_view text) {
    auto document = parse(text, "", is_recorded_layer);
    if (auto* manifest = std::get_if<Manifest>(&document))
        return std::move(*manifest);
    throw Error(ErrorKind::integrity, "the record has an index where a manifest belongs");
}

namespace {

bool can_match(const IndexEntry& entry) {
    const auto kind = kind_of(entry.descriptor.media_type);
    const bool is_document = kind == DocumentKind::manifest || kind == DocumentKind::index;
    return is_document && !(entry.platform && entry.platform->os == "unknown");
}

Error nothing_for(const Index& index, const Platform& wanted) {
    std::set<std::string> present;
    for (const auto& entry : index.entries)
        if (can_match(entry) && entry.platform)
            present.insert(entry.platform->str());
    if (present.empty())
        return Error(ErrorKind::no_platform, "no image for {}, and none for a named platform",
                     wanted.str());
    return Error(ErrorKind::no_platform, "no image for {}; there are: {}", wanted.str(),
                 fmt::join(present, ", "));
}

} // namespace

const IndexEntry& choose(const Index& index, const Platform& wanted) {
    std::vector<const IndexEntry*> same_architecture, without_platform;
    const IndexEntry* without_variant = nullptr;
    for (const auto& entry : index.entries) {
        if (!can_match(entry))
            continue;
        if (!entry.platform) {
            without_platform.push_back(&entry);
            continue;
        }
        if (entry.platform->os != wanted.os || entry.platform->architecture != wanted.architecture)
            continue;
        if (entry.platform->variant == wanted.variant)
            return entry;
        if (entry.platform->variant.empty() && !without_variant)
            without_variant = &entry;
        same_architecture.push_back(&entry);
    }
    if (without_variant)
        return *without_variant;
    if (same_architecture.size() == 1)
        return *same_architecture.front();
    // An index of one entry without a platform, as layouts have: what it is shows further down.
    if (same_architecture.empty() && without_platform.size() == 1)
        return *without_platform.front();
    throw nothing_for(index, wanted);
}

} // namespace aic::oci

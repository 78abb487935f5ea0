// SPDX-License-Identifier: Apache-2.0
#include "oci/docker_archive.hpp"

#include "core/error.hpp"
#include "oci/json.hpp"
#include "oci/media_type.hpp"
#include "oci/printable.hpp"
#include "oci/reference.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace aic::oci {

using nlohmann::json;

namespace {

constexpr const char* k_origin_key = "aic-image.manifest";
constexpr const char* k_origin = "made from the manifest.json of a docker archive";

/// Docker writes "ubuntu:20.04" where others write "docker.io/library/ubuntu:20.04".
std::string canonical(std::string tag) {
    try {
        const auto reference = Reference::parse(tag);
        return reference.registry() ? reference.str() : tag;
    } catch (const Error&) {
        return tag; // then nobody can ask for it, but it is shown
    }
}

DockerArchiveImage parse_image(const json& entry) {
    DockerArchiveImage image;
    image.config = required_string(entry, "Config");
    for (auto& tag : strings_field(entry, "RepoTags"))
        image.tags.push_back(canonical(std::move(tag)));
    image.layers = strings_field(entry, "Layers");
    return image;
}

std::string list_of_tags(std::span<const DockerArchiveImage> images) {
    std::vector<std::string> tags;
    for (const auto& image : images)
        tags.insert(tags.end(), image.tags.begin(), image.tags.end());
    return printable(fmt::format("images there: {}", fmt::join(tags, ", ")));
}

json to_json(const Descriptor& descriptor) {
    return {{"mediaType", descriptor.media_type},
            {"digest", descriptor.digest.str()},
            {"size", descriptor.size_bytes}};
}

} // namespace

std::vector<DockerArchiveImage> parse_docker_archive(std::string_view text) {
    const auto document = parse_json(text);
    if (!document.is_array())
        throw Error(ErrorKind::integrity, "it is no list of images");
    std::vector<DockerArchiveImage> images;
    for (const auto& entry : document)
        in_context([&] { return fmt::format("image {}", images.size() + 1); },
                   [&] { images.push_back(parse_image(entry)); });
    return images;
}

const DockerArchiveImage& choose(std::span<const DockerArchiveImage> images,
                                 const std::optional<std::string>& tag) {
    if (images.empty())
        throw Error(ErrorKind::not_found, "it holds no image");
    if (!tag && images.size() == 1)
        return images.front();
    if (!tag)
        throw Error(ErrorKind::usage, "it holds {} images; say which one", images.size())
            .with_hint(list_of_tags(images));
    const auto found = std::ranges::find_if(images, [&](const auto& image) {
        return std::ranges::find(image.tags, *tag) != image.tags.end();
    });
    if (found == images.end())
        throw Error(ErrorKind::not_found, "it holds no image '{}'", printable(*tag))
            .with_hint(list_of_tags(images));
    return *found;
}

std::optional<Digest> digest_in_name(std::string_view path) {
    constexpr std::string_view k_suffix = ".json";
    path.remove_prefix(path.rfind('/') + 1); // of none, 0
    if (path.ends_with(k_suffix))
        path.remove_suffix(k_suffix.size());
    return path.starts_with("sha256:") ? Digest::try_parse(path)
                                       : Digest::try_parse(fmt::format("sha256:{}", path));
}

std::string made_up_manifest(const Descriptor& config, std::span<const Descriptor> layers) {
    auto list = json::array();
    for (const auto& layer : layers)
        list.push_back(to_json(layer));
    const json manifest = {{"schemaVersion", 2},
                           {"mediaType", k_oci_manifest},
                           {"config", to_json(config)},
                           {"layers", list},
                           {"annotations", {{k_origin_key, k_origin}}}};
    return manifest.dump();
}

} // namespace aic::oci

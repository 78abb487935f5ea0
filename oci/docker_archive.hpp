// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/descriptor.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aic::oci {

/// An image in the manifest.json of an archive that `docker save` writes. The paths are those of
/// members of the archive.
struct DockerArchiveImage {
    std::string config;
    std::vector<std::string> tags;   ///< canonical references where they are any
    std::vector<std::string> layers; ///< lowest first
};

/// Throws Error(integrity) that says what is wrong with it.
std::vector<DockerArchiveImage> parse_docker_archive(std::string_view json);

/// The image with this tag, which is a canonical reference, or the only one. Throws
/// Error(not_found) or Error(usage), with what there is.
const DockerArchiveImage& choose(std::span<const DockerArchiveImage> images,
                                 const std::optional<std::string>& tag);

/// The digest that stands in a member's name: "HEX.json", "sha256:HEX", "blobs/sha256/HEX". Nothing
/// when it has none.
std::optional<Digest> digest_in_name(std::string_view path);

/// The manifest for an image that came without one, which says so in an annotation. The same parts
/// give the same bytes.
std::string made_up_manifest(const Descriptor& config, std::span<const Descriptor> layers);

} // namespace aic::oci

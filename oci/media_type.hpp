// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace aic::oci {

// Media types of the OCI image-spec and of Docker's image manifest version 2.
inline constexpr std::string_view k_oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view k_oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view k_docker_index =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view k_docker_manifest =
    "application/vnd.docker.distribution.manifest.v2+json";

/// What a JSON document served as a manifest can be.
enum class DocumentKind { index, manifest, schema1, unknown };

/// Of the only layer of an image file that was taken over as it is. Nobody serves such layers: the
/// type only stands in records.
inline constexpr std::string_view k_squashfs_layer = "application/vnd.aic-image.layer.v1.squashfs";

/// "a/b; charset=…" without its parameters.
std::string_view without_parameters(std::string_view media_type);

/// By media type alone; parameters (";charset=…") are ignored.
DocumentKind kind_of(std::string_view media_type);

/// True for the config of an image, as opposed to that of some artifact.
bool is_image_config(std::string_view media_type);

/// True for layers that are only to be had from their `urls` (Docker "foreign", OCI
/// "nondistributable").
bool is_foreign_layer(std::string_view media_type);

/// True for a layer that holds a file system as a tar, compressed or not.
bool is_tar_layer(std::string_view media_type);

} // namespace aic::oci

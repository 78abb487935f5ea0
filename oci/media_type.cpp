// SPDX-License-Identifier: Apache-2.0
#include "oci/media_type.hpp"

#include <algorithm>
#include <array>

namespace aic::oci {

std::string_view without_parameters(std::string_view media_type) {
    media_type = media_type.substr(0, media_type.find(';'));
    while (media_type.ends_with(' ') || media_type.ends_with('\t'))
        media_type.remove_suffix(1);
    while (media_type.starts_with(' ') || media_type.starts_with('\t'))
        media_type.remove_prefix(1);
    return media_type;
}

DocumentKind kind_of(std::string_view media_type) {
    media_type = without_parameters(media_type);
    if (media_type == k_oci_index || media_type == k_docker_index)
        return DocumentKind::index;
    if (media_type == k_oci_manifest || media_type == k_docker_manifest)
        return DocumentKind::manifest;
    if (media_type == "application/vnd.docker.distribution.manifest.v1+json"
        || media_type == "application/vnd.docker.distribution.manifest.v1+prettyjws")
        return DocumentKind::schema1;
    return DocumentKind::unknown;
}

bool is_image_config(std::string_view media_type) {
    // The last one stands in manifests that the first releases of Docker with schema 2 pushed.
    constexpr std::array<std::string_view, 3> k_types = {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
        "application/octet-stream",
    };
    return std::ranges::find(k_types, without_parameters(media_type)) != k_types.end();
}

bool is_foreign_layer(std::string_view media_type) {
    return media_type.starts_with("application/vnd.docker.image.rootfs.foreign.diff.tar")
           || media_type.starts_with("application/vnd.oci.image.layer.nondistributable.v1.tar");
}

bool is_tar_layer(std::string_view media_type) {
    return is_foreign_layer(media_type)
           || media_type.starts_with("application/vnd.oci.image.layer.v1.tar")
           || media_type.starts_with("application/vnd.docker.image.rootfs.diff.tar");
}

} // namespace aic::oci

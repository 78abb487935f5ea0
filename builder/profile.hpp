// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/tree.hpp"
#include "oci/image_config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aic::builder {

/// What is changed on purpose on the way from layers to an image. `enroot`: what enroot's import
/// does; `keep_ids`: the same, but owners stay.
enum class Profile { enroot, keep_ids };

std::string_view name_of(Profile profile);

/// Changes the merged tree: owners, permissions, devices, attributes (docs/formats/image.md §
/// Profile).
void apply_profile(layers::Tree& tree, Profile profile);

/// A file that enroot finds in every image it imported.
struct GeneratedFile {
    std::string path;
    std::string text;
};

/// `/etc/rc`, `/etc/rc.local`, `/etc/environment` and `/etc/fstab`, as enroot's import writes them,
/// with every string of the image quoted. `provenance` is what the first line of `/etc/rc` says.
std::vector<GeneratedFile> enroot_files(const oci::ImageConfig& config,
                                        std::string_view provenance);

} // namespace aic::builder

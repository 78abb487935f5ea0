// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/image_build.hpp"
#include "cache/record.hpp"
#include "cache/store.hpp"
#include "cache/visibility.hpp"

#include <functional>
#include <string>

namespace aic::build {

/// An image that was made here: what its record says, but for what the file itself says.
struct MadeImage {
    std::string reference;
    oci::Platform platform;
    std::string config_json;
    std::string manifest_json;
    std::string base_name; ///< what its file's name begins with
    std::string compression;
    std::uint32_t block_bytes = 0;
    std::string profile;
    cache::Visibility visibility = cache::Visibility::everyone;
};

/// Writes the file, which `write` does, into a directory beside its place, records it and publishes
/// it, with the reference that leads to it. `write` is given the file's path and fills in the
/// documents that it only then knows.
cache::StoredImage make_image(
    cache::Store& store, MadeImage image,
    const std::function<builder::BuiltImage(const std::filesystem::path&, MadeImage&)>& write);

} // namespace aic::build

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/store.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace aic::cli {

/// What an IMAGE argument stands for: an image of the store, or just a file.
struct ImageArgument {
    std::filesystem::path file;
    std::optional<cache::StoredImage> stored;
};

/// A path begins with `/`, `./`, `../` or `~/`, or ends in `.sqsh` and exists; then, in this order,
/// a reference of this machine's platform or any other, and an id prefix of at least four digits.
/// Throws Error(not_found) that lists near misses, Error(usage) when a prefix fits several.
ImageArgument find_image(const cache::Store& store, const std::string& text,
                         const std::filesystem::path& home);

/// As find_image(), but only images of the store, and every variant of the one that is meant.
std::vector<cache::StoredImage> find_stored(const cache::Store& store, const std::string& text);

} // namespace aic::cli

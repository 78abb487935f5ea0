// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/recipe.hpp"
#include "builder/squashfs/compression.hpp"
#include "cache/store.hpp"
#include "cache/visibility.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace aic::build {

/// What a new image is put together from.
struct DerivationInput {
    const cache::StoredImage& base;
    const std::vector<cache::StoredImage>& steps; ///< of their layers, the lowest first
    const Recipe& recipe;
    std::string reference; ///< that it is recorded under
    std::string base_name; ///< that its file's name begins with
    unsigned threads = 1;
    cache::Visibility visibility = cache::Visibility::everyone;
};

/// An image of the base's layers and the steps': their segments are taken over as they are, without
/// a look at their bytes, and only the tables are new. Throws Error(usage) for a base that was not
/// made from layers.
cache::StoredImage derive_image(cache::Store& store, const DerivationInput& input,
                                std::stop_token stop);

} // namespace aic::build

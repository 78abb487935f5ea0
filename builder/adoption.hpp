// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/image_copy.hpp"
#include "cache/names.hpp"

#include <sys/types.h>

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

namespace aic::builder {

/// A name that went over.
struct AdoptedName {
    cache::ImageName before;
    std::optional<cache::ImageName> now; ///< nothing where no name was free for it
};

struct Adoption {
    std::vector<ImageCopy> images;
    std::vector<AdoptedName> names;
    std::size_t failed = 0; ///< images that are damaged, or cannot be read; each was warned of
};

/// Takes over what another user has in the store: each image that can be read becomes the caller's
/// too, who vouches for it, with the references that lead to it and the names that stand for it.
/// A name that the caller has for another image becomes "USER-name". `copied` is called after each.
Adoption adopt(cache::Store& store, uid_t from, const std::function<void(const ImageCopy&)>& copied,
               std::stop_token stop);

} // namespace aic::builder

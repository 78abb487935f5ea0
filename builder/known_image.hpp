// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"
#include "cache/library.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aic::builder {

/// The image, unless it is not there or its file is not as large as its record says: then it is
/// taken out with a warning.
std::optional<cache::StoredImage> find_complete(const cache::Store& store, const ImageId& id,
                                                std::string_view variant);

/// The same of all that the library has; only the caller's own is taken out.
std::optional<cache::StoredImage> find_complete(const cache::Library& library, const ImageId& id,
                                                std::string_view variant);

/// An image that a reference led to, and when that was looked up (Unix time).
struct KnownImage {
    cache::StoredImage image;
    std::int64_t resolved_seconds;
};

/// What the library knows of a reference, without asking anybody. Throws Error(not_found) when it
/// is nothing, or not in the form that is asked for.
KnownImage known_image(const cache::Library& library, const std::string& reference,
                       const ImportOptions& options);

} // namespace aic::builder

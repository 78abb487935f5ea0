// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/name.hpp"
#include "cache/store.hpp"
#include "cli/session.hpp"

namespace aic::cli {

struct DirectoryImage {
    cache::ImageName name;
    cache::StoredImage image;
};

/// The image of the current directory: called as aic-image.toml says, or as the directory is.
/// Throws Error(not_found) with how to get one.
DirectoryImage directory_image(Session& session);

} // namespace aic::cli

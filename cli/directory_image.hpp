// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/store.hpp"
#include "cli/session.hpp"

namespace aic::cli {

/// The image of the current directory: called as aic-image.toml says, or as the directory is.
/// Throws Error(not_found) with how to get one.
cache::StoredImage directory_image(Session& session);

} // namespace aic::cli

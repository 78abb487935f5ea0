// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"
#include "cache/store.hpp"
#include "cli/session.hpp"

#include <optional>
#include <string>

namespace aic::cli {

/// Whether a reference is looked up though it is here.
enum class Lookup { if_missing, always };

/// The image that a word stands for, pulled first if it is a reference that is not here. Throws
/// Error(usage) for a file that is in no store.
cache::StoredImage base_image(Session& session, const std::string& text,
                              const builder::ImportOptions& options, Lookup lookup);

/// The same, but nothing where the image would have to be pulled first.
std::optional<cache::StoredImage> base_image_here(Session& session, const std::string& text);

} // namespace aic::cli

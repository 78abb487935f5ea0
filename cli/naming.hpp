// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/names.hpp"
#include "cache/store.hpp"
#include "cli/session.hpp"

#include <string>

namespace aic::cli {

/// Before anything is made that then could not be called so. Throws Error(usage) for the name of an
/// image that another directory has.
void require_free_name(Session& session, const cache::ImageName& name, cache::Replace replace);

/// Gives an image that was made in the current directory its name, and keeps it from being cleared
/// away while a job has it. `how` is what the name's history says.
void give_name(Session& session, const cache::ImageName& name, const cache::StoredImage& image,
               const std::string& how, cache::Replace replace);

} // namespace aic::cli

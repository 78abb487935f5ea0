// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/visibility.hpp"
#include "cli/session.hpp"

#include <string>
#include <vector>

namespace aic::cli {

/// Opens images of the caller's to everyone, or shuts them, and says so: what `share` and `unshare`
/// do. All words are looked up first. Throws Error(usage) in a store that nobody else uses.
void change_visibility(Session& session, const std::vector<std::string>& words,
                       cache::Visibility visibility);

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/library.hpp"
#include "cli/session.hpp"
#include "oci/reference.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace aic::cli {

/// What a text refers to that may have a glob in the place of its tag: then the newest version that
/// fits, of those that the registry has, or that were pulled where it may not be asked.
oci::Reference choose_reference(const std::string& text, Session& session);

/// The same by the store alone. Throws Error(not_found) when nothing that fits was pulled.
oci::Reference choose_known_reference(std::string_view text, const cache::Library& library);

} // namespace aic::cli

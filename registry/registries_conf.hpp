// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/site_registry.hpp"

#include <string_view>
#include <vector>

namespace aic::registry {

/// What a registries.conf says of registries (containers-registries.conf(5), version 2, and 1 as
/// older systems have it). Throws Error(usage) that says what is wrong, with the line. Of the other
/// settings none concerns us: we never search for a short name.
std::vector<SiteRegistry> parse_registries_conf(std::string_view text);

} // namespace aic::registry

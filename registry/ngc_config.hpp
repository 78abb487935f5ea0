// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/secret.hpp"

#include <optional>
#include <string_view>

namespace aic::registry {

/// The key in the NGC command line's `~/.ngc/config`, an ini file with a line `apikey = KEY`; of
/// several the first. Nothing when it holds none.
std::optional<Secret> ngc_api_key(std::string_view text);

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/secret.hpp"

#include <string_view>

namespace aic::registry {

/// What sort of secret this is by its looks, for people: "NGC API key", "GitHub token", "password".
std::string_view kind_of_key(std::string_view registry, const Secret& secret);

/// Where people get the right one for a registry; "" when there is nothing to say.
std::string_view where_keys_are_made(std::string_view registry);

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/credentials.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// What `docker-credential-… get` printed. Throws Error(integrity), without the contents, when that
/// is not an object with Username and Secret.
Credentials parse_helper_output(std::string_view json);

/// Asks the program docker-credential-`name`, which runs in `environment`. Nothing, with a warning,
/// when it is not installed or fails; without one when it knows nothing of the registry.
std::optional<Credentials> ask_helper(const std::string& name, std::string_view registry,
                                      std::vector<std::string> environment);

/// Our own environment without the secrets in it.
std::vector<std::string> environment_for_helpers();

} // namespace aic::registry

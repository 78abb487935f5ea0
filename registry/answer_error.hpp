// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"
#include "registry/transport.hpp"

#include <string>

namespace aic::registry {

/// What the server says in the body of a refusal, fit for a message; "" when it says nothing
/// readable.
std::string server_text(const Answer& answer);

/// The Error that an answer which is no success stands for: 401 and 403 denied, 404 not_found, 429
/// busy, the rest network.
Error error_of(const Answer& answer);

/// The Error for a web page where something else was due.
Error not_a_registry(const Answer& answer);

} // namespace aic::registry

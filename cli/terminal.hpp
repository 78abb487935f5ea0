// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/secret.hpp"

#include <stop_token>
#include <string>
#include <string_view>

namespace aic::cli {

/// Asks on the user's terminal, wherever the standard streams go. Throws Error(usage) with `hint`
/// when there is none, Error(interrupted) on a stop.
std::string ask(std::string_view question, std::string hint, std::stop_token stop);
/// The same without showing what is typed.
registry::Secret ask_secret(std::string_view question, std::string hint, std::stop_token stop);

/// The first line of standard input, without its end.
registry::Secret secret_from_stdin(std::stop_token stop);

} // namespace aic::cli

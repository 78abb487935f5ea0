// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace aic::cli {

/// A command line, with what the program's other names stand for in their place.
struct Invocation {
    /// As main() has them: a null pointer follows the last.
    std::vector<char*> arguments;
    std::string_view alias;      ///< that the program was called by; "" for its own name
    std::string_view stands_for; ///< as users would type it; "" where nobody types the alias
};

/// Called as "nvcrlogin" it is "aic-image login nvcr.io"; and "help VERB" is "VERB --help".
Invocation without_alias(std::span<char* const> arguments);

/// Whether the user is to be told what an alias stands for: the first time that he uses it.
bool is_first_use(std::string_view alias, const Environment& environment);

} // namespace aic::cli

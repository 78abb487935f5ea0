// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace aic::cli {

/// The command line with what the program's other names stand for: called as "nvcrlogin" it is
/// "aic-image login nvcr.io". A null pointer follows the last argument, as main() has it.
std::vector<char*> without_alias(std::span<char* const> arguments);

} // namespace aic::cli

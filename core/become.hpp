// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace aic {

/// This process becomes another program, with these variables besides its own: signals and exit
/// status are then that program's. Throws Error where it cannot be started.
[[noreturn]] void become(const std::filesystem::path& program, const std::vector<std::string>& argv,
                         const std::vector<std::string>& variables);

} // namespace aic

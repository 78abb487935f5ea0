// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace aic {

/// This process becomes another program, found where PATH leads, with these variables besides our
/// own: its signals and its exit status are then that program's. Throws Error(not_found) where
/// there is none.
[[noreturn]] void become(const std::vector<std::string>& argv,
                         const std::vector<std::string>& variables);

} // namespace aic

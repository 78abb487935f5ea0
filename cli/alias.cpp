// SPDX-License-Identifier: Apache-2.0
#include "cli/alias.hpp"

#include <string_view>

namespace aic::cli {

std::vector<char*> without_alias(std::span<char* const> arguments) {
    static char program[] = "aic-image", verb[] = "login", registry[] = "nvcr.io";
    std::vector<char*> result(arguments.begin(), arguments.end());
    const std::string_view path = arguments.empty() ? "" : arguments.front();
    if (path.substr(path.rfind('/') + 1) == "nvcrlogin") {
        result.front() = program;
        result.insert(result.begin() + 1, {verb, registry});
    }
    result.push_back(nullptr);
    return result;
}

} // namespace aic::cli

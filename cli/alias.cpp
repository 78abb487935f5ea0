// SPDX-License-Identifier: Apache-2.0
#include "cli/alias.hpp"

#include <string_view>

namespace aic::cli {

std::vector<char*> without_alias(std::span<char* const> arguments) {
    static char program[] = "aic-image", login[] = "login", registry[] = "nvcr.io",
                importer[] = "importer", build[] = "build", otherwise[] = "--otherwise",
                newest[] = "nvcr.io#nvidia/tensorflow:*-tf2-py3";
    std::vector<char*> result(arguments.begin(), arguments.end());
    const std::string_view path = arguments.empty() ? "" : arguments.front();
    const auto name = path.substr(path.rfind('/') + 1);
    std::vector<char*> words;
    if (name == "nvcrlogin")
        words = {program, login, registry};
    else if (name == "aic-image-importer")
        words = {program, importer};
    else if (name == "sbuild.sh")
        words = {program, build, otherwise, newest};
    if (!words.empty()) {
        result.erase(result.begin());
        result.insert(result.begin(), words.begin(), words.end());
    }
    result.push_back(nullptr);
    return result;
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace aic::cli {

struct GeneratedText {
    std::string name;
    std::string text;
};

} // namespace aic::cli

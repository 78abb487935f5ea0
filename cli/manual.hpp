// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/generated_text.hpp"

#include <vector>

namespace CLI {
class App;
}

namespace aic::cli {

/// Man pages of section 1: aic-image(1), and one for each verb.
std::vector<GeneratedText> manual_pages(const CLI::App& app);

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/generated_text.hpp"

#include <vector>

namespace CLI {
class App;
}

namespace aic::cli {

/// Completions for bash ("aic-image"), zsh ("_aic-image") and fish ("aic-image.fish").
std::vector<GeneratedText> completions(const CLI::App& app);

} // namespace aic::cli

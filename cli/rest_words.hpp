// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace CLI {
class App;
}

namespace aic::cli {

/// Where, from `start` on, the options of `apps` and their values end: the first word that is
/// neither, or a "--". What follows is another program's, whose options are not ours.
std::size_t end_of_options(std::span<char* const> arguments, std::size_t start,
                           std::span<const CLI::App* const> apps);

} // namespace aic::cli

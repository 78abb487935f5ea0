// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/recipe.hpp"
#include "cli/run_options.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace aic::cli {

inline constexpr const char* k_project_file = "aic-image.toml";

/// What a project's file says of its image (docs/guide/build.md) and of how it is run
/// (docs/guide/run.md).
struct Project {
    std::string base;
    std::optional<std::string> name;
    build::Recipe recipe;
    RunOptions run{}; ///< for programs in this directory's image
};

/// Paths are relative to the current directory, where the file is. Throws Error(usage) that names
/// the line or the key; a key that is none is told with what was meant.
Project parse_project(std::string_view text);

/// Nothing when there is no such file in the current directory.
std::optional<Project> read_project();

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/recipe.hpp"

#include <string>
#include <vector>

namespace aic::cli {

// What is said of an image in words, on the command line or in a project's file, as parts of its
// recipe. Each throws Error(usage) or Error(not_found) that names what is wrong.

/// A step that runs this script of the project's.
build::Step script_step(const std::string& path,
                        build::Workspace workspace = build::Workspace::read_only);
/// One that installs what this file of the project's lists, with pip.
build::Step requirements_step(const std::string& file);
/// "SRC:/DST" is a step that copies; "SRC" is shown to the steps though the project be too large.
void take_added(const std::string& text, build::Recipe& recipe);
/// "NAME=FILE"
build::Secret parse_secret(const std::string& text);
/// The target of "type=cache,target=/absolute".
std::string parse_cache(const std::string& text);
/// "NAME=VALUE" with a name that a shell can have, on one line.
std::string checked_variable(const std::string& text);
/// An absolute directory.
std::string checked_working_dir(const std::string& text);
/// A program, or a JSON list of it and its arguments.
std::vector<std::string> parse_entrypoint(const std::string& text);

} // namespace aic::cli

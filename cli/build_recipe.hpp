// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/recipe.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace aic::cli {

/// The options that say what an image is to be: its steps, in the order in which they are given,
/// and what it says of itself.
class RecipeArgument {
public:
    void describe(CLI::App& app);

    /// What is said, added to a recipe that is there. Reads the scripts. Throws Error(usage) and
    /// Error(not_found) saying which option is wrong.
    build::Recipe onto(build::Recipe recipe) const;

private:
    build::Workspace workspace() const;
    void add_steps(build::Recipe& recipe) const;
    build::Step step_of(const CLI::Option* option, const std::string& value) const;

    const CLI::App* app_ = nullptr;
    CLI::Option* script_option_ = nullptr;
    CLI::Option* apt_option_ = nullptr;
    CLI::Option* pip_option_ = nullptr;
    CLI::Option* requirements_option_ = nullptr;
    CLI::Option* add_option_ = nullptr;
    std::vector<std::string> scripts_, apt_, pip_, requirements_, add_;
    std::vector<std::string> secrets_, mounts_;
    std::vector<std::string> env_, labels_;
    std::string working_dir_, entrypoint_;
    bool writable_workspace_ = false;
};

} // namespace aic::cli

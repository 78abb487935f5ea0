// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/recipe.hpp"
#include "cli/arguments.hpp"

#include <string>
#include <vector>

namespace aic::cli {

/// The options that say what an image is to be: its steps, in the order in which they are given,
/// and what it says of itself.
class RecipeArgument {
public:
    void describe(const Arguments& arguments);

    /// What is said, added to a recipe that is there. Reads the scripts. Throws Error(usage) and
    /// Error(not_found) saying which option is wrong.
    build::Recipe onto(build::Recipe recipe) const;

private:
    build::Workspace workspace() const;
    void add_steps(build::Recipe& recipe) const;
    build::Step step_of(const Argument& argument, const std::string& value) const;

    std::optional<Arguments> arguments_; ///< once described
    Argument script_option_;
    Argument apt_option_;
    Argument pip_option_;
    Argument requirements_option_;
    Argument add_option_;
    std::vector<std::string> scripts_, apt_, pip_, requirements_, add_;
    std::vector<std::string> secrets_, mounts_;
    std::vector<std::string> env_, labels_;
    std::string working_dir_, entrypoint_;
    bool writable_workspace_ = false;
};

} // namespace aic::cli

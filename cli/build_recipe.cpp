// SPDX-License-Identifier: Apache-2.0
#include "cli/build_recipe.hpp"

#include "cli/recipe_words.hpp"
#include "core/error.hpp"

#include <map>

namespace aic::cli {

void RecipeArgument::describe(const Arguments& arguments) {
    arguments_ = arguments;
    script_option_ =
        arguments
            .add_option("-s,--script", scripts_,
                        "run this script in the image; each is a step, in the order given")
            .type_name("FILE");
    apt_option_ =
        arguments.add_option("--apt", apt_, "a step that installs Debian or Ubuntu packages")
            .type_name("PACKAGES");
    pip_option_ =
        arguments.add_option("--pip", pip_, "a step that installs Python packages with pip")
            .type_name("PACKAGES");
    requirements_option_ =
        arguments.add_option("-r,--requirements", requirements_, "a step: pip install -r FILE")
            .type_name("FILE");
    add_option_ =
        arguments
            .add_option("--add", add_,
                        "a step that copies a file or directory into the image; without a "
                        "destination it is only shown to the steps, at /workspace")
            .type_name("SRC[:DST]");
    const auto secret_option =
        arguments
            .add_option("--secret", secrets_,
                        "show a file to the steps at /run/secrets/NAME; it comes into no layer")
            .type_name("NAME=FILE");
    const auto mount_option =
        arguments
            .add_option("--mount", mounts_,
                        "a directory inside that is kept for the next build and in no layer")
            .type_name("type=cache,target=DIR");
    for (const auto& option : {script_option_, apt_option_, pip_option_, requirements_option_,
                               add_option_, secret_option, mount_option})
        option.repeated();
    arguments.add_option("-e,--env", env_, "set a variable, for the steps and in the image")
        .type_name("NAME=VALUE")
        .repeated();
    arguments.add_option("--label", labels_, "set a label of the image")
        .type_name("NAME=VALUE")
        .repeated();
    arguments.add_option("--workdir", working_dir_, "where programs start in the image")
        .type_name("DIRECTORY");
    arguments
        .add_option("--entrypoint", entrypoint_,
                    "what the image runs: a program, or a JSON list of it and its arguments")
        .type_name("PROGRAM");
    arguments.add_flag(
        "--writable-workspace", writable_workspace_,
        "let steps write in the project directory; what they make is not shared then");
}

build::Workspace RecipeArgument::workspace() const {
    return writable_workspace_ ? build::Workspace::writable : build::Workspace::read_only;
}

build::Step RecipeArgument::step_of(const Argument& argument, const std::string& value) const {
    if (argument == apt_option_)
        return build::apt_step(value);
    if (argument == pip_option_)
        return build::pip_step(value);
    if (argument == requirements_option_)
        return requirements_step(value);
    return script_step(value, workspace());
}

void RecipeArgument::add_steps(build::Recipe& recipe) const {
    std::map<Argument, std::size_t> taken;
    for (const auto& argument : arguments_->in_order()) {
        const bool is_step = argument == script_option_ || argument == apt_option_
                             || argument == pip_option_ || argument == requirements_option_;
        if (is_step)
            recipe.steps.push_back(step_of(argument, argument.results().at(taken[argument]++)));
        else if (argument == add_option_)
            take_added(argument.results().at(taken[argument]++), recipe);
    }
}

build::Recipe RecipeArgument::onto(build::Recipe recipe) const {
    add_steps(recipe);
    for (const auto& secret : secrets_)
        recipe.secrets.push_back(parse_secret(secret));
    for (const auto& mount : mounts_)
        recipe.caches.push_back(parse_cache(mount));
    for (const auto& variable : env_)
        recipe.env.push_back(checked_variable(variable));
    for (const auto& label : labels_) {
        const auto equals = label.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error(ErrorKind::usage, "--label '{}': it is not NAME=VALUE", label);
        recipe.labels[label.substr(0, equals)] = label.substr(equals + 1);
    }
    if (!working_dir_.empty())
        recipe.working_dir = checked_working_dir(working_dir_);
    if (!entrypoint_.empty())
        recipe.entrypoint = parse_entrypoint(entrypoint_);
    return recipe;
}

} // namespace aic::cli

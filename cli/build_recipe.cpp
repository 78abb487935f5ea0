// SPDX-License-Identifier: Apache-2.0
#include "cli/build_recipe.hpp"

#include "builder/profile.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

constexpr std::uint64_t k_max_script_bytes = 16 << 20;

std::string read_script(const std::string& path) {
    if (fs::is_directory(path))
        throw Error(ErrorKind::usage, "the script '{}' is a directory", path);
    if (auto text = read_file_if_exists(path, k_max_script_bytes))
        return std::move(*text);
    throw Error(ErrorKind::not_found, "there is no script '{}'", path);
}

/// "KEY=VALUE" with a name that a shell can have.
void check_variable(const std::string& text) {
    const auto name = text.substr(0, text.find('='));
    const bool is_name =
        !name.empty() && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                                "0123456789_") == std::string::npos
        && (name.front() < '0' || name.front() > '9');
    if (!is_name || name.size() == text.size())
        throw Error(ErrorKind::usage, "--env '{}': it is not NAME=VALUE", text);
    if (text.find('\n') != std::string::npos)
        throw Error(ErrorKind::usage, "--env {}: enroot takes no value of several lines", name);
}

/// A file of the project, as a path below it.
std::string in_project(const std::string& file) {
    const auto path = fs::absolute(file).lexically_normal().lexically_relative(fs::current_path());
    if (path.empty() || *path.begin() == "..")
        throw Error(ErrorKind::usage, "'{}' is not in the project directory '{}', which is all that "
                                      "a step sees",
                    file, fs::current_path().native());
    if (!fs::exists(path))
        throw Error(ErrorKind::not_found, "there is no file '{}'", file);
    return path.native();
}

} // namespace

void RecipeArgument::describe(CLI::App& app) {
    app_ = &app;
    script_option_ = app.add_option("-s,--script", scripts_,
                                    "run this script in the image; each is a step, in the order given")
                         ->type_name("FILE");
    apt_option_ = app.add_option("--apt", apt_, "a step that installs Debian or Ubuntu packages")
                      ->type_name("PACKAGES");
    pip_option_ = app.add_option("--pip", pip_, "a step that installs Python packages with pip")
                      ->type_name("PACKAGES");
    requirements_option_ =
        app.add_option("-r,--requirements", requirements_, "a step: pip install -r FILE")
            ->type_name("FILE");
    for (auto* option : {script_option_, apt_option_, pip_option_, requirements_option_})
        option->expected(1)->take_all();
    app.add_option("-e,--env", env_, "set a variable, for the steps and in the image")
        ->type_name("NAME=VALUE")
        ->expected(1)
        ->take_all();
    app.add_option("--label", labels_, "set a label of the image")
        ->type_name("NAME=VALUE")
        ->expected(1)
        ->take_all();
    app.add_option("--workdir", working_dir_, "where programs start in the image")
        ->type_name("DIRECTORY");
    app.add_option("--entrypoint", entrypoint_,
                   "what the image runs: a program, or a JSON list of it and its arguments")
        ->type_name("PROGRAM");
    app.add_flag("--writable-workspace", writable_workspace_,
                 "let steps write in the project directory; what they make is not shared then");
}

build::Workspace RecipeArgument::workspace() const {
    return writable_workspace_ ? build::Workspace::writable : build::Workspace::read_only;
}

build::Step RecipeArgument::step_of(const CLI::Option* option, const std::string& value) const {
    if (option == apt_option_)
        return build::apt_step(value);
    if (option == pip_option_)
        return build::pip_step(value);
    if (option == requirements_option_)
        return build::pip_step("-r " + builder::shell_quote("/workspace/" + in_project(value)));
    return {.label = fs::path(value).filename().native(),
            .script = read_script(value),
            .workspace = workspace()};
}

build::Recipe RecipeArgument::recipe() const {
    build::Recipe recipe;
    std::map<const CLI::Option*, std::size_t> taken;
    for (const auto* option : app_->parse_order()) {
        const bool is_step = option == script_option_ || option == apt_option_
                             || option == pip_option_ || option == requirements_option_;
        if (is_step)
            recipe.steps.push_back(step_of(option, option->results().at(taken[option]++)));
    }
    for (const auto& variable : env_) {
        check_variable(variable);
        recipe.env.push_back(variable);
    }
    for (const auto& label : labels_) {
        const auto equals = label.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error(ErrorKind::usage, "--label '{}': it is not NAME=VALUE", label);
        recipe.labels[label.substr(0, equals)] = label.substr(equals + 1);
    }
    if (!working_dir_.empty()) {
        if (working_dir_.front() != '/')
            throw Error(ErrorKind::usage, "--workdir '{}': it does not begin with '/'",
                        working_dir_);
        recipe.working_dir = working_dir_;
    }
    if (!entrypoint_.empty()) {
        const auto list = nlohmann::json::parse(entrypoint_, nullptr, false);
        recipe.entrypoint = list.is_array() && !list.empty()
                                    && std::ranges::all_of(
                                        list, [](const auto& word) { return word.is_string(); })
                                ? list.get<std::vector<std::string>>()
                                : std::vector<std::string>{entrypoint_};
    }
    return recipe;
}

} // namespace aic::cli

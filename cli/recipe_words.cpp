// SPDX-License-Identifier: Apache-2.0
#include "cli/recipe_words.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/shell_words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

constexpr std::uint64_t k_max_script_bytes = 16 << 20;

bool is_there(const fs::path& path) {
    std::error_code unknown; // too long a name, for one, is nowhere
    return fs::exists(fs::symlink_status(path, unknown));
}

/// A file of the project, as a path below it.
std::string in_project(const std::string& file) {
    const auto path = fs::absolute(file).lexically_normal().lexically_relative(fs::current_path());
    if (path.empty() || *path.begin() == "..")
        throw Error(ErrorKind::usage,
                    "'{}' is not in the project directory '{}', which is all that "
                    "a step sees",
                    file, fs::current_path().native());
    if (!is_there(path))
        throw Error(ErrorKind::not_found, "there is no file '{}'", file);
    return path.native();
}

} // namespace

build::Step script_step(const std::string& path, build::Workspace workspace) {
    std::error_code unknown;
    if (fs::is_directory(path, unknown))
        throw Error(ErrorKind::usage, "the script '{}' is a directory", path);
    auto text = read_file_if_exists(path, k_max_script_bytes);
    if (!text)
        throw Error(ErrorKind::not_found, "there is no script '{}'", path);
    if (const auto line = text->substr(0, text->find('\n')); line.ends_with('\r'))
        throw Error(ErrorKind::usage, "the script '{}' has the line ends of Windows", path)
            .with_hint(fmt::format("mend it: sed -i 's/\\r$//' {}", shell_quote(path)));
    return {.label = fs::path(path).filename().native(),
            .script = std::move(*text),
            .workspace = workspace};
}

build::Step requirements_step(const std::string& file) {
    return build::pip_step("-r " + shell_quote("/workspace/" + in_project(file)));
}

void take_added(const std::string& text, build::Recipe& recipe) {
    const auto colon = text.rfind(":/");
    const auto source = text.substr(0, colon);
    if (!is_there(source))
        throw Error(ErrorKind::not_found, "there is no '{}' to add", source)
            .with_hint(colon == std::string::npos && text.find(':') != std::string::npos
                           ? "a destination begins with '/': SRC:/DST"
                           : "");
    if (colon == std::string::npos)
        recipe.shown.emplace_back(in_project(source));
    else
        recipe.steps.push_back(build::add_step(fs::canonical(source), text.substr(colon + 1)));
}

build::Secret parse_secret(const std::string& text) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    if (equals == std::string::npos || name.empty() || name.front() == '.'
        || name.find('/') != std::string::npos)
        throw Error(ErrorKind::usage, "--secret '{}': it is not NAME=FILE", text);
    const fs::path file = text.substr(equals + 1);
    std::error_code unknown;
    if (!fs::is_regular_file(file, unknown))
        throw Error(ErrorKind::not_found, "--secret {}: there is no file '{}'", name,
                    file.native());
    return {name, fs::canonical(file)};
}

std::string parse_cache(const std::string& text) {
    constexpr std::string_view k_type = "type=cache,target=";
    if (!text.starts_with(k_type) || text.find(',', k_type.size()) != std::string::npos)
        throw Error(ErrorKind::usage, "--mount '{}': it is not type=cache,target=DIRECTORY", text);
    const auto target = fs::path(text.substr(k_type.size())).lexically_normal();
    if (!target.is_absolute() || target == "/")
        throw Error(ErrorKind::usage, "--mount '{}': the target is no absolute directory", text);
    return target.native();
}

std::string checked_variable(const std::string& text) {
    const auto name = text.substr(0, text.find('='));
    const bool is_name =
        !name.empty()
        && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_")
               == std::string::npos
        && (name.front() < '0' || name.front() > '9');
    if (!is_name || name.size() == text.size())
        throw Error(ErrorKind::usage, "--env '{}': it is not NAME=VALUE", text);
    if (text.find('\n') != std::string::npos)
        throw Error(ErrorKind::usage, "--env {}: enroot takes no value of several lines", name);
    return text;
}

std::string checked_working_dir(const std::string& text) {
    if (!text.starts_with('/'))
        throw Error(ErrorKind::usage, "--workdir '{}': it does not begin with '/'", text);
    return std::filesystem::path(text).lexically_normal().native();
}

std::vector<std::string> parse_entrypoint(const std::string& text) {
    const auto list = nlohmann::json::parse(text, nullptr, false);
    const bool is_list =
        list.is_array() && !list.empty()
        && std::ranges::all_of(list, [](const auto& word) { return word.is_string(); });
    if (!is_list && text.starts_with("["))
        throw Error(ErrorKind::usage, "--entrypoint '{}': it is no JSON list of words", text)
            .with_hint(R"(such as ["python3", "-m", "server"])");
    return is_list ? list.get<std::vector<std::string>>() : std::vector<std::string>{text};
}

} // namespace aic::cli

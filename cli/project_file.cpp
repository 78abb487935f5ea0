// SPDX-License-Identifier: Apache-2.0
#include "cli/project_file.hpp"

#include "cli/recipe_words.hpp"
#include "core/edit_distance.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/printable.hpp"
#include "core/shell_words.hpp"

#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <vector>

namespace aic::cli {

namespace {

constexpr std::uint64_t k_max_bytes = 1 << 20;

void require_known(const toml::table& table, const std::vector<std::string>& known,
                   std::string_view where) {
    for (const auto& [key, value] : table) {
        const std::string word(key.str());
        if (std::ranges::find(known, word) != known.end())
            continue;
        const auto meant = nearest(word, known);
        throw Error(ErrorKind::usage, "line {}: '{}' is nothing that {} knows",
                    value.source().begin.line, printable(word), where)
            .with_hint(meant ? fmt::format("did you mean '{}'?", *meant)
                             : fmt::format("it knows {}", fmt::join(known, ", ")));
    }
}

std::string text_of(const toml::node& node, std::string_view key) {
    if (const auto text = node.value_exact<std::string>())
        return *text;
    throw Error(ErrorKind::usage, "line {}: '{}' is no text", node.source().begin.line,
                printable(key));
}

std::optional<std::string> text_at(const toml::table& table, const char* key) {
    const auto* node = table.get(key);
    return node ? std::optional(text_of(*node, key)) : std::nullopt;
}

/// Calls `take` with each element of the list; a single text is a list of one.
template <typename Take>
void for_each_at(const toml::table& table, const char* key, const Take& take) {
    const auto* node = table.get(key);
    if (!node)
        return;
    if (const auto* list = node->as_array())
        for (const auto& element : *list)
            take(element);
    else
        take(*node);
}

template <typename Take>
void for_each_pair_at(const toml::table& table, const char* key, const Take& take) {
    const auto* node = table.get(key);
    if (!node)
        return;
    const auto* pairs = node->as_table();
    if (!pairs)
        throw Error(ErrorKind::usage, "line {}: '{}' is no table", node->source().begin.line, key);
    for (const auto& [name, value] : *pairs)
        take(std::string(name.str()), text_of(value, name.str()));
}

/// "setup.sh", or a table of one key that says of which kind the step is.
void take_step(const toml::node& node, build::Recipe& recipe) {
    const auto line = node.source().begin.line;
    const auto* table = node.as_table();
    if (!table)
        return recipe.steps.push_back(script_step(text_of(node, "steps")));
    require_known(*table, {"add", "apt", "pip", "requirements", "script"}, "a step");
    if (table->size() != 1)
        throw Error(ErrorKind::usage, "line {}: a step is one thing, such as {{ apt = \"git\" }}",
                    line);
    const std::string kind(table->begin()->first.str());
    const auto text = text_of(table->begin()->second, kind);
    if (kind == "apt")
        recipe.steps.push_back(build::apt_step(text));
    else if (kind == "pip")
        recipe.steps.push_back(build::pip_step(text));
    else if (kind == "requirements")
        recipe.steps.push_back(requirements_step(text));
    else if (kind == "add")
        take_added(text, recipe);
    else
        recipe.steps.push_back(script_step(text));
}

build::Recipe recipe_of(const toml::table& table) {
    build::Recipe recipe;
    for_each_at(table, "steps", [&](const toml::node& node) { take_step(node, recipe); });
    for_each_at(table, "add",
                [&](const toml::node& node) { take_added(text_of(node, "add"), recipe); });
    for_each_pair_at(table, "env", [&](const std::string& name, const std::string& value) {
        recipe.env.push_back(checked_variable(name + '=' + value));
    });
    for_each_pair_at(table, "labels", [&](const std::string& name, const std::string& value) {
        recipe.labels[name] = value;
    });
    if (const auto directory = text_at(table, "workdir"))
        recipe.working_dir = checked_working_dir(*directory);
    if (table.contains("entrypoint")) {
        recipe.entrypoint.emplace();
        for_each_at(table, "entrypoint", [&](const toml::node& node) {
            recipe.entrypoint->push_back(text_of(node, "entrypoint"));
        });
    }
    return recipe;
}

/// A number or a text, which is how Slurm has many of its numbers.
std::string number_at(const toml::table& table, const char* key) {
    const auto* node = table.get(key);
    if (!node)
        return "";
    if (const auto number = node->value_exact<std::int64_t>())
        return std::to_string(*number);
    return text_of(*node, key);
}

bool flag_at(const toml::table& table, const char* key) {
    const auto* node = table.get(key);
    if (!node)
        return false;
    if (const auto flag = node->value_exact<bool>())
        return *flag;
    throw Error(ErrorKind::usage, "line {}: '{}' is neither true nor false",
                node->source().begin.line, key);
}

RunOptions run_options_of(const toml::table& table) {
    require_known(table,
                  {"command", "env", "gpus", "home", "mounts", "nodes", "ntasks", "root", "slurm",
                   "workdir", "writable"},
                  "[run]");
    RunOptions options{.gpus = number_at(table, "gpus"),
                       .nodes = number_at(table, "nodes"),
                       .tasks = number_at(table, "ntasks"),
                       .slurm = text_at(table, "slurm").value_or(""),
                       .working_directory = text_at(table, "workdir").value_or(""),
                       .has_home = flag_at(table, "home"),
                       .is_root = flag_at(table, "root"),
                       .is_writable = flag_at(table, "writable")};
    for_each_at(table, "mounts",
                [&](const toml::node& node) { options.mounts.push_back(text_of(node, "mounts")); });
    if (const auto line = table["command"].value<std::string>())
        options.command = split_words(*line);
    else
        for_each_at(table, "command", [&](const toml::node& node) {
            options.command.push_back(text_of(node, "command"));
        });
    for_each_pair_at(table, "env", [&](const std::string& name, const std::string& value) {
        options.env.push_back(checked_variable(name + '=' + value));
    });
    return options;
}

} // namespace

Project parse_project(std::string_view text) {
    toml::table document;
    try {
        document = toml::parse(text);
    } catch (const toml::parse_error& error) {
        throw Error(ErrorKind::usage, "line {}: {}", error.source().begin.line,
                    error.description());
    }
    require_known(document, {"build", "run"}, "the file");
    const auto* table = document["build"].as_table();
    if (!table)
        throw Error(ErrorKind::usage, "it has no table [build]");
    require_known(*table,
                  {"add", "base", "entrypoint", "env", "labels", "name", "steps", "workdir"},
                  "[build]");
    const auto base = text_at(*table, "base");
    if (!base)
        throw Error(ErrorKind::usage, "[build] names no base");
    Project project{*base, text_at(*table, "name"), recipe_of(*table)};
    if (const auto* run = document.get("run")) {
        if (!run->is_table())
            throw Error(ErrorKind::usage, "line {}: 'run' is no table", run->source().begin.line);
        project.run = run_options_of(*run->as_table());
    }
    return project;
}

std::optional<Project> read_project() {
    const auto text = read_file_if_exists(k_project_file, k_max_bytes);
    if (!text)
        return std::nullopt;
    return in_context([&] { return fmt::format("reading '{}'", k_project_file); },
                      [&] { return parse_project(*text); });
}

} // namespace aic::cli

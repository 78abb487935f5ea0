// SPDX-License-Identifier: Apache-2.0
#include "slurm/plugstack.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "slurm/configuration.hpp"

#include <glob.h>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>

namespace fs = std::filesystem;

namespace aic::slurm {

namespace {

constexpr std::uint64_t k_most_bytes = 1 << 20;

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream(line.substr(0, line.find('#')));
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

std::vector<fs::path> matches(const fs::path& pattern) {
    glob_t found{};
    const std::unique_ptr<glob_t, decltype(&::globfree)> owner(&found, &::globfree);
    if (::glob(pattern.c_str(), 0, nullptr, &found) != 0)
        return {};
    return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

/// False when the file is not there.
bool load_into(std::vector<SpankPlugin>& plugins, const fs::path& file, std::set<fs::path>& seen) {
    if (!seen.insert(file.lexically_normal()).second)
        return true;
    const auto text = read_file_if_exists(file, k_most_bytes);
    if (!text)
        return false;
    const auto stack = parse_plugstack(*text, file);
    plugins.insert(plugins.end(), stack.plugins.begin(), stack.plugins.end());
    for (const auto& pattern : stack.includes)
        for (const auto& included : matches(file.parent_path() / pattern))
            load_into(plugins, included, seen);
    return true;
}

} // namespace

std::optional<std::string> SpankPlugin::argument(std::string_view name) const {
    std::optional<std::string> value;
    for (const auto& word : arguments)
        if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=')
            value = word.substr(name.size() + 1);
    return value;
}

Plugstack parse_plugstack(std::string_view text, const fs::path& file) {
    Plugstack stack;
    std::istringstream lines{std::string(text)};
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        const auto words = words_of(line);
        if (words.size() < 2)
            continue;
        if (words[0] == "include")
            stack.includes.push_back(words[1]);
        else if (words[0] == "required" || words[0] == "optional")
            stack.plugins.push_back({words[1], {words.begin() + 2, words.end()}, file, number});
    }
    return stack;
}

std::optional<std::vector<SpankPlugin>> load_plugstack(const fs::path& file) {
    std::vector<SpankPlugin> plugins;
    std::set<fs::path> seen;
    return load_into(plugins, file, seen) ? std::optional(plugins) : std::nullopt;
}

std::optional<SpankPlugin> find_pyxis(const std::vector<SpankPlugin>& plugins) {
    const auto found = std::ranges::find_if(plugins, [](const SpankPlugin& plugin) {
        return plugin.library.filename() == "spank_pyxis.so";
    });
    return found == plugins.end() ? std::nullopt : std::optional(*found);
}

fs::path plugstack_file(const std::optional<std::string>& configuration,
                        const Environment& environment) {
    const auto told = [&](const char* key) {
        return configuration ? slurm::setting_in(*configuration, key) : std::nullopt;
    };
    if (const auto named = told("PlugStackConfig"))
        return *named;
    const auto slurm_conf =
        told("SLURM_CONF").value_or(environment("SLURM_CONF").value_or("/etc/slurm/slurm.conf"));
    return fs::path(slurm_conf).parent_path() / "plugstack.conf";
}

bool is_our_importer(const fs::path& program) {
    std::error_code ignored;
    return program.filename() == k_importer
           || fs::canonical(program, ignored).filename() == "aic-image";
}

bool gets_images_from_us(const std::optional<std::string>& configuration,
                         const Environment& environment) {
    try {
        const auto plugins = load_plugstack(plugstack_file(configuration, environment));
        const auto pyxis = plugins ? find_pyxis(*plugins) : std::nullopt;
        const auto importer = pyxis ? pyxis->argument("importer") : std::nullopt;
        return importer && is_our_importer(*importer);
    } catch (const Error& error) {
        debug("pyxis' importer: {}", error.message());
        return false;
    }
}

} // namespace aic::slurm

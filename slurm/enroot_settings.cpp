// SPDX-License-Identifier: Apache-2.0
#include "slurm/enroot_settings.hpp"

#include "core/files.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace fs = std::filesystem;

namespace aic::slurm {

namespace {

constexpr std::uint64_t k_most_bytes = 1 << 20;

void add_file(const fs::path& file, EnrootSettings& settings) {
    const auto text = read_file_if_exists(file, k_most_bytes);
    for (const auto& [name, value] : parse_enroot_settings(text.value_or("")))
        settings.try_emplace(name, value);
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string user_name() {
    const auto* entry = ::getpwuid(::geteuid());
    return entry ? entry->pw_name : std::to_string(::geteuid());
}

/// What stands at the front of `text`, which begins with "$", and takes it off.
std::optional<std::string> expand_one(std::string_view& text, const Environment& environment) {
    const auto take = [&](std::string_view known, std::string value) -> std::optional<std::string> {
        if (!text.starts_with(known))
            return std::nullopt;
        text.remove_prefix(known.size());
        return value;
    };
    if (auto uid = take("$(id -u)", std::to_string(::geteuid())))
        return uid;
    if (text.size() == 4 || (text.size() > 4 && !is_word(text[4])))
        if (auto uid = take("$UID", std::to_string(::geteuid())))
            return uid;
    if (auto uid = take("${UID}", std::to_string(::geteuid())))
        return uid;
    if (auto name = take("$(id -un)", user_name()))
        return name;
    const bool has_braces = text.starts_with("${");
    const auto start = text.substr(has_braces ? 2 : 1);
    const auto end = std::ranges::find_if_not(start, is_word) - start.begin();
    const auto name = start.substr(0, static_cast<std::size_t>(end));
    const auto rest = start.substr(name.size());
    if (name.empty() || (has_braces && !rest.starts_with('}')))
        return std::nullopt;
    text = rest.substr(has_braces ? 1 : 0);
    return environment(std::string(name).c_str());
}

} // namespace

EnrootSettings parse_enroot_settings(std::string_view text) {
    EnrootSettings settings;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        constexpr const char* k_separators = " \t=\r";
        const auto start = line.find_first_not_of(" \t");
        const auto end = line.find_first_of(k_separators, start);
        if (start == std::string::npos || end == std::string::npos
            || line.compare(start, 7, "ENROOT_") != 0)
            continue;
        auto value = line.substr(std::min(line.size(), line.find_first_not_of(k_separators, end)));
        value.erase(value.find_last_not_of(" \t\r") + 1);
        if (!value.empty())
            settings.try_emplace(line.substr(start, end - start), value);
    }
    return settings;
}

EnrootSettings load_enroot_settings(const fs::path& directory) {
    EnrootSettings settings;
    add_file(directory / "enroot.conf", settings);
    for (const auto& file : entries_of(directory / "enroot.conf.d"))
        if (file.extension() == ".conf")
            add_file(file, settings);
    return settings;
}

std::optional<std::string> expand_setting(std::string_view text, const Environment& environment) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    std::string expanded;
    while (!text.empty()) {
        const auto plain = text.substr(0, text.find_first_of("$`\\"));
        expanded += plain;
        text.remove_prefix(plain.size());
        if (text.empty())
            break;
        const auto value = text.front() == '$' ? expand_one(text, environment) : std::nullopt;
        if (!value)
            return std::nullopt;
        expanded += *value;
    }
    return expanded;
}

fs::path enroot_settings_directory(const Environment& environment) {
    return environment("ENROOT_SYSCONF_PATH").value_or("/etc/enroot");
}

} // namespace aic::slurm

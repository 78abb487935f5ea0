// SPDX-License-Identifier: Apache-2.0
#include "slurm/enroot_settings.hpp"

#include "core/files.hpp"

#include <sstream>

namespace fs = std::filesystem;

namespace aic::slurm {

namespace {

constexpr std::uint64_t k_most_bytes = 1 << 20;

void add_file(const fs::path& file, EnrootSettings& settings) {
    const auto text = read_file_if_exists(file, k_most_bytes);
    for (const auto& [name, value] : parse_enroot_settings(text.value_or("")))
        settings[name] = value;
}

} // namespace

EnrootSettings parse_enroot_settings(std::string_view text) {
    EnrootSettings settings;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name, value;
        if (!(words >> name) || !name.starts_with("ENROOT_") || !(words >> std::ws))
            continue;
        std::getline(words, value);
        value.erase(value.find_last_not_of(" \t\r") + 1);
        settings[name] = value;
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

fs::path enroot_settings_directory(const Environment& environment) {
    return environment("ENROOT_SYSCONF_PATH").value_or("/etc/enroot");
}

} // namespace aic::slurm

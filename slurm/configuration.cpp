// SPDX-License-Identifier: Apache-2.0
#include "slurm/configuration.hpp"

#include "core/subprocess.hpp"

#include <sstream>

namespace aic::slurm {

std::optional<std::string> show_configuration(std::stop_token stop) {
    return output_of({"scontrol", "show", "config"}, stop);
}

std::optional<std::string> setting_in(std::string_view configuration, std::string_view key) {
    std::istringstream lines{std::string(configuration)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name, equals, value;
        if (words >> name >> equals >> value && name == key && equals == "=")
            return value == "(null)" ? std::nullopt : std::optional(value);
    }
    return std::nullopt;
}

} // namespace aic::slurm

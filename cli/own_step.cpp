// SPDX-License-Identifier: Apache-2.0
#include "cli/own_step.hpp"

#include "core/foreground.hpp"
#include "core/subprocess.hpp"

#include <algorithm>
#include <array>

namespace aic::cli {

std::vector<std::string> own_step(const Session& session, std::vector<std::string> options,
                                  const std::vector<std::string>& words) {
    std::vector<std::string> line = {"srun", "--quiet"};
    line.insert(line.end(), std::make_move_iterator(options.begin()),
                std::make_move_iterator(options.end()));
    line.push_back(own_program());
    if (session.options().store)
        line.push_back("--store=" + *session.options().store);
    if (session.options().quiet)
        line.emplace_back("--quiet");
    line.insert(line.end(), words.begin(), words.end());
    return line;
}

std::vector<std::string> own_allocation(const std::string& job_name, bool is_quiet,
                                        const std::vector<std::string>& options,
                                        const std::vector<std::string>& words) {
    std::vector<std::string> line = {"salloc", "--job-name=aic-image-" + job_name};
    if (is_quiet)
        line.emplace_back("--quiet"); // else it says what it waits for
    line.insert(line.end(), options.begin(), options.end());
    line.push_back(own_program());
    line.insert(line.end(), words.begin() + 1, words.end());
    return line;
}

std::size_t verb_position(const std::vector<std::string>& words, const std::string& verb) {
    constexpr std::array<std::string_view, 3> k_with_value = {"--store", "--progress",
                                                              "--log-level"};
    for (std::size_t i = 1; i < words.size(); ++i)
        if (words[i] == verb && std::ranges::find(k_with_value, words[i - 1]) == k_with_value.end())
            return i;
    return words.size() - 1;
}

std::vector<std::string> environment_outside_containers() {
    auto variables = environment_for_children();
    std::erase_if(variables, [](const auto& variable) { return variable.starts_with("PYXIS_"); });
    return variables;
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace aic::cli {

/// The verbs that people see.
inline std::vector<const CLI::App*> visible_verbs(const CLI::App& app) {
    std::vector<const CLI::App*> verbs;
    for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!verb->get_group().empty())
            verbs.push_back(verb);
    return verbs;
}

/// The options that begin with a dash.
inline std::vector<const CLI::Option*> dashed_options(const CLI::App& app) {
    std::vector<const CLI::Option*> options;
    for (const auto* option : app.get_options())
        if (!option->get_lnames().empty() || !option->get_snames().empty())
            options.push_back(option);
    return options;
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"

#include <map>
#include <string>

namespace aic::testing {

/// An environment that holds these variables and no others.
inline Environment fake_environment(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

} // namespace aic::testing

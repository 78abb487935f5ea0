// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/sandbox/plan.hpp"
#include "core/config.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace aic::sandbox {

/// What of the machine every program inside sees: hosts by name, as this machine knows them. One of
/// the files is made in `scratch`.
std::vector<Bind> name_service(const std::filesystem::path& scratch);

/// What every program expects, and of the caller's environment the terminal and the proxies,
/// without which nothing is fetched at many sites: "NAME=value".
std::vector<std::string> basic_environment(const Environment& environment);

} // namespace aic::sandbox

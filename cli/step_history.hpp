// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/record.hpp"
#include "core/config.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace aic::cli {

/// The steps that an image was built with, as a table: what it took and added, and where the log
/// is, if it was this user who ran it here. Nothing for an image that was not built.
std::string step_table(const cache::Record& record, const Environment& environment);

/// The same for programs, a list.
nlohmann::json step_history_json(const cache::Record& record, const Environment& environment);

} // namespace aic::cli

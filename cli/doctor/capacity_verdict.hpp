// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/doctor/finding.hpp"
#include "core/file_system.hpp"

#include <string>

namespace aic::cli::doctor {

/// Whether an image of a usual size finds room, and files do; `mend` says how room is made.
Findings judge_capacity(const Capacity& capacity, const std::string& mend);

} // namespace aic::cli::doctor

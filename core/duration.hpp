// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace aic {

/// From "30d", "12h", "90min", "45s", "2w"; throws Error(usage). A number alone is none.
std::chrono::seconds parse_duration(std::string_view text);

/// What parses back, in the largest unit up to days that there is a whole number of: "36h", "14d".
std::string written_duration(std::chrono::seconds duration);

/// In one word: "45 s", "3 min", "5 h", "12 d". Nothing is shorter than "0 s".
std::string human_duration(std::chrono::seconds duration);

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace aic::cli {

/// "2026-11-23 20:06:07 CET": what people see. Records are in UTC.
std::string local_time(std::int64_t unix_seconds);

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/local_time.hpp"

#include <ctime>

namespace aic::cli {

std::string local_time(std::int64_t unix_seconds) {
    const auto time = static_cast<std::time_t>(unix_seconds);
    std::tm parts{};
    localtime_r(&time, &parts);
    char text[64];
    const auto size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", &parts);
    return std::string(text, size);
}

} // namespace aic::cli

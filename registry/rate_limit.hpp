// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aic::registry {

struct Answer;

/// How much a registry still lets us ask for, as Docker Hub says in its headers.
struct RateLimit {
    std::uint64_t limit = 0; ///< requests within the window
    std::uint64_t remaining = 0;
    std::chrono::seconds window{0}; ///< 0 when it is not told

    /// True when a tenth or less remains.
    bool is_low() const { return remaining <= limit / 10; }

    /// "12 of 100 requests in 6 h are left"
    std::string str() const;
};

/// From the values of ratelimit-limit ("100;w=21600") and ratelimit-remaining; nothing when one of
/// them is no such value.
std::optional<RateLimit> parse_rate_limit(std::string_view limit, std::string_view remaining);

/// What an answer says of it; nothing when it does not.
std::optional<RateLimit> rate_limit_of(const Answer& answer);

} // namespace aic::registry

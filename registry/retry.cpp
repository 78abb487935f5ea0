// SPDX-License-Identifier: Apache-2.0
#include "registry/retry.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace aic::registry {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool is_transient(int status) {
    constexpr int k_request_timeout = 408;
    constexpr int k_too_early = 425;
    constexpr int k_too_many_requests = 429;
    constexpr int k_not_implemented = 501;
    return status == k_request_timeout || status == k_too_early || status == k_too_many_requests
           || (status >= 500 && status < 600 && status != k_not_implemented);
}

std::optional<milliseconds> parse_retry_after(std::string_view text,
                                              std::chrono::system_clock::time_point now) {
    constexpr std::uint32_t k_sensible_seconds = 365U * 24 * 3600;
    if (text.empty())
        return std::nullopt;
    if (text.find_first_not_of("0123456789") == std::string_view::npos) {
        std::uint32_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        const bool is_too_long = error != std::errc() || count > k_sensible_seconds;
        return seconds(is_too_long ? k_sensible_seconds : count);
    }
    const auto date = curl_getdate(std::string(text).c_str(), nullptr);
    if (date < 0)
        return std::nullopt;
    const auto until = std::chrono::system_clock::from_time_t(date);
    return std::max(std::chrono::ceil<milliseconds>(until - now), milliseconds(0));
}

std::optional<milliseconds> retry_delay(const RetryPolicy& policy, int attempt,
                                        std::optional<milliseconds> retry_after, double jitter) {
    if (attempt >= policy.attempts || retry_after > policy.longest_retry_after)
        return std::nullopt;
    auto ceiling = std::min(policy.first_delay, policy.longest_delay);
    for (int i = 1; i < attempt && ceiling < policy.longest_delay; ++i)
        ceiling = std::min(ceiling * 2, policy.longest_delay);
    const milliseconds spread(
        static_cast<milliseconds::rep>(static_cast<double>(ceiling.count()) * jitter));
    // On top of what the server asks for, or all its clients would be back at the same moment.
    return retry_after.value_or(milliseconds(0)) + spread;
}

} // namespace aic::registry

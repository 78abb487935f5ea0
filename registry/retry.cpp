// SPDX-License-Identifier: Apache-2.0
#include "registry/retry.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace aic::registry {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

RetryPolicy policy_for_mirror(const RetryPolicy& registry) {
    auto policy = registry;
    policy.has_alternative = true;
    policy.max_attempts = std::min(registry.max_attempts, 2);
    policy.longest_retry_after = std::min<milliseconds>(registry.longest_retry_after, 5s);
    policy.host_budget = std::min(registry.host_budget, 16);
    policy.connect_time = std::min<milliseconds>(registry.connect_time, 5s);
    // Some caches send nothing before they have something themselves.
    policy.stall_time = std::min<std::chrono::seconds>(registry.stall_time, 10s);
    return policy;
}

RetryPolicy after_waiting(const RetryPolicy& policy, milliseconds waited) {
    const milliseconds least = policy.has_alternative ? 1s : 3s; // a lost packet takes one
    auto sooner = policy;
    sooner.connect_time =
        std::max(std::min(least, policy.connect_time), policy.connect_time - waited);
    return sooner;
}

bool is_passing(int status) {
    constexpr int k_not_implemented = 501;
    constexpr int k_no_such_http_version = 505;
    if (status == k_not_implemented || status == k_no_such_http_version)
        return false;
    return status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
}

std::optional<milliseconds> parse_retry_after(std::string_view value,
                                              std::chrono::system_clock::time_point now) {
    using std::chrono::system_clock;
    constexpr std::uint32_t k_most_seconds = 1'000'000'000; // more means never just as well
    if (!value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos) {
        std::uint32_t seconds = 0;
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), seconds);
        return std::chrono::seconds(error == std::errc{} ? std::min(seconds, k_most_seconds)
                                                         : k_most_seconds);
    }
    const auto date = curl_getdate(std::string(value).c_str(), nullptr);
    if (date < 0)
        return std::nullopt;
    if (date - system_clock::to_time_t(now) > k_most_seconds) // a clock counts to the year 2262
        return std::chrono::seconds(k_most_seconds);
    const auto left = system_clock::from_time_t(date) - now;
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(left));
}

std::optional<milliseconds> retry_delay(const Failure& failure, const RetryPolicy& policy,
                                        double random) {
    if (failure.attempts >= policy.max_attempts)
        return std::nullopt;
    // Some middleboxes break off what they do not want to be spoken to, and will go on to.
    constexpr int k_most_handshakes = 2;
    if (failure.trouble == Trouble::handshake && !failure.host_answered
        && failure.attempts >= k_most_handshakes)
        return std::nullopt;
    const bool is_unreachable = failure.trouble == Trouble::unreachable;
    if (is_unreachable && !failure.host_answered)
        return std::nullopt;
    if (policy.has_alternative && (is_unreachable || failure.trouble == Trouble::stalled))
        return std::nullopt;
    const auto floor = failure.retry_after.value_or(milliseconds(0));
    if (floor > policy.longest_retry_after)
        return std::nullopt;
    constexpr int k_most_doublings = 20;
    const auto doubled = policy.first_delay * (1LL << std::min(failure.attempts, k_most_doublings));
    const auto longest = std::min<milliseconds>(doubled, policy.longest_delay);
    const milliseconds jitter(static_cast<long>(random * static_cast<double>(longest.count())));
    // On top of what the server asks for, or all its clients would be back at the same moment.
    return floor + jitter;
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace aic::registry {

/// How patient a download is.
struct RetryPolicy {
    std::chrono::milliseconds first_delay{1000};
    std::chrono::milliseconds longest_delay{30'000};
    /// A server that asks for more than this is taken to refuse.
    std::chrono::milliseconds longest_retry_after{600'000};
    int attempts = 8;          ///< in a row for one blob without a byte of it
    int attempts_at_host = 32; ///< in a row for all blobs of a host without a byte of any
};

/// True when the same request may well succeed later.
bool is_transient(int status);

/// What a Retry-After header asks for, in seconds or as an HTTP date; nothing when it is neither. A
/// date gone by is no wait.
std::optional<std::chrono::milliseconds>
parse_retry_after(std::string_view text, std::chrono::system_clock::time_point now);

/// The wait before attempt `attempt` + 1, where the first was 1: a part, `jitter` of [0, 1), of a
/// time that doubles with every attempt, on top of what the server asks for. Nothing when there
/// is no point in another attempt.
std::optional<std::chrono::milliseconds>
retry_delay(const RetryPolicy& policy, int attempt,
            std::optional<std::chrono::milliseconds> retry_after, double jitter);

/// How often one host may still fail. Belongs to the thread that runs the transport.
class RetryBudget {
public:
    explicit RetryBudget(const RetryPolicy& policy)
        : full_(policy.attempts_at_host)
        , left_(full_) {}

    /// False when it is used up.
    bool spend() { return --left_ > 0; }

    /// The host works: a byte came.
    void refill() { left_ = full_; }

private:
    int full_;
    int left_;
};

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aic::registry {

/// How long a request is tried again.
struct RetryPolicy {
    int max_attempts = 8; ///< repetitions in a row that bring nothing new
    std::chrono::milliseconds first_delay{500};
    std::chrono::milliseconds longest_delay{30'000};
    std::chrono::milliseconds longest_retry_after{15 * 60'000}; ///< who asks for more is refused
    int host_budget = 64;                   ///< repetitions to one host, whoever asks for them
    std::uint64_t progress_bytes = 1 << 20; ///< so many new ones make a failure the first one
    std::uint64_t bytes_per_repetition = 4 << 20;  ///< so many of a host give one repetition back
    std::chrono::milliseconds connect_time{9'000}; ///< after it nobody is there
    long stall_bytes_per_second = 10'000;          ///< slower than this
    std::chrono::seconds stall_time{30};           ///< for so long is a stall
    bool has_alternative = false; ///< another place can be asked: who is silent is not waited for
};

/// How long a mirror is tried that stands before a registry of this policy: five seconds when it
/// is dead, ten when it is silent.
RetryPolicy policy_for_mirror(const RetryPolicy& registry);

/// Who has waited in vain already is told the sooner that nobody is there.
RetryPolicy after_waiting(const RetryPolicy& policy, std::chrono::milliseconds waited);

/// What a request met.
enum class Trouble {
    refused_for_now, ///< an answer that asks to come again
    connection,      ///< cut or reset
    handshake,       ///< the same before TLS was agreed on
    stalled,         ///< connected, and nothing comes
    unreachable,     ///< no name, no route, nobody there
};

/// What the verdict on one failure depends on.
struct Failure {
    Trouble trouble = Trouble::connection;
    int attempts = 0;           ///< repetitions so far that brought nothing new
    bool host_answered = false; ///< at any time, to anything
    std::optional<std::chrono::milliseconds> retry_after = {};
};

/// True for the answers that stand for the moment only: 408, 425, 429 and 5xx.
bool is_passing(int status);

/// A Retry-After header, in seconds or as a date; nothing when it is neither. A date that is over
/// means now.
std::optional<std::chrono::milliseconds>
parse_retry_after(std::string_view value, std::chrono::system_clock::time_point now);

/// How long to wait before the request is made again; nothing when it is time to give up. Full
/// jitter: a share `random` in [0, 1) of a time that doubles, so that many clients do not come back
/// together, on top of the server's Retry-After. A host that has never answered is not waited for:
/// who has mistyped a name wants to know.
std::optional<std::chrono::milliseconds> retry_delay(const Failure& failure,
                                                     const RetryPolicy& policy, double random);

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/retry.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

namespace aic::registry {

/// What all requests to a host know of it together: whether it has ever answered, how often it may
/// still be bothered again, and until when it wants to be left alone. For one thread at a time.
class Hosts {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit Hosts(const RetryPolicy& policy) : policy_(policy) {}

    void note_answer(const std::string& host) { state_of(host).has_answered = true; }

    bool has_answered(const std::string& host) { return state_of(host).has_answered; }

    bool has_answered_any() const {
        return std::ranges::any_of(states_, [](const auto& at) { return at.second.has_answered; });
    }

    /// Bytes of a body: where something comes, there is no reason to give up.
    void note_bytes(const std::string& host, std::uint64_t count);
    /// Takes one repetition from the host's budget; false when it is used up.
    bool take_repetition(const std::string& host);
    /// Nothing is to be sent before `when`.
    void close_until(const std::string& host, TimePoint when);

    TimePoint open_at(const std::string& host) { return state_of(host).open_at; }

private:
    struct State {
        bool has_answered = false;
        int repetitions_left = 0;
        std::uint64_t bytes = 0; ///< since the last repetition was given back
        TimePoint open_at{};
    };

    State& state_of(const std::string& host) {
        return states_.try_emplace(host, State{.repetitions_left = policy_.host_budget})
            .first->second;
    }

    const RetryPolicy policy_;
    std::map<std::string, State> states_;
};

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/hosts.hpp"

#include <algorithm>

namespace aic::registry {

void Hosts::note_bytes(const std::string& host, std::uint64_t count) {
    auto& state = state_of(host);
    state.bytes += count;
    const auto earned = state.bytes / policy_.bytes_per_repetition;
    if (earned == 0)
        return;
    state.bytes %= policy_.bytes_per_repetition;
    const auto room = static_cast<std::uint64_t>(policy_.host_budget - state.repetitions_left);
    state.repetitions_left += static_cast<int>(std::min(earned, room));
}

bool Hosts::take_repetition(const std::string& host) {
    auto& left = state_of(host).repetitions_left;
    if (left == 0)
        return false;
    --left;
    return true;
}

void Hosts::close_until(const std::string& host, TimePoint when) {
    auto& open_at = state_of(host).open_at;
    open_at = std::max(open_at, when);
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace aic::registry {

/// How many connections to a host are worth having: four, and one more for as long as the last one
/// made things faster. One TCP connection is one congestion window, and many registries give each
/// connection its share.
class ConnectionLimit {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit ConnectionLimit(TimePoint now) : window_begin_(now) {}

    /// Bytes that came, over all connections together.
    void note(std::uint64_t bytes, TimePoint now);

    std::size_t connections() const { return connections_; }

private:
    std::size_t connections_ = 4;
    TimePoint window_begin_;
    std::uint64_t window_bytes_ = 0;
    double best_bytes_per_second_ = 0;
    bool helps_ = true; ///< whether the last one did
};

} // namespace aic::registry

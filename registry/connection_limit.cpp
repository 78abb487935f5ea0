// SPDX-License-Identifier: Apache-2.0
#include "registry/connection_limit.hpp"

namespace aic::registry {

constexpr std::size_t k_max_connections = 12;
constexpr std::chrono::seconds k_window{1};
constexpr double k_worthwhile = 1.05;

void ConnectionLimit::note(std::uint64_t bytes, TimePoint now) {
    window_bytes_ += bytes;
    const std::chrono::duration<double> elapsed = now - window_begin_;
    if (elapsed < k_window)
        return;
    const auto rate = static_cast<double>(window_bytes_) / elapsed.count();
    window_bytes_ = 0;
    window_begin_ = now;
    helps_ = helps_ && rate > best_bytes_per_second_ * k_worthwhile;
    best_bytes_per_second_ = rate > best_bytes_per_second_ ? rate : best_bytes_per_second_;
    if (helps_ && connections_ < k_max_connections)
        ++connections_;
}

} // namespace aic::registry

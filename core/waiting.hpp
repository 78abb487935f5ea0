// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace aic {

/// That something stands still until a moment, and why.
struct Waiting {
    std::string what;   ///< "fetching sha256:…"
    std::string reason; ///< "429 from docker.io"
    std::chrono::steady_clock::time_point until;

    /// Rounded up; 0 when it is over.
    std::chrono::seconds left() const;
};

using WaitHandler = std::function<void(const Waiting&)>;

/// Who is told, as by set_log_handler(); returns who was told before. Without one, a message says
/// it.
WaitHandler set_wait_handler(WaitHandler handler);
void tell_waiting(const Waiting& waiting);

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#include "core/waiting.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace aic {

namespace {
std::mutex handler_mutex;
WaitHandler current_handler; // guarded by handler_mutex
} // namespace

std::chrono::seconds Waiting::left() const {
    const auto rest =
        std::chrono::ceil<std::chrono::seconds>(until - std::chrono::steady_clock::now());
    return std::max(rest, std::chrono::seconds(0));
}

WaitHandler set_wait_handler(WaitHandler handler) {
    std::lock_guard lock(handler_mutex);
    return std::exchange(current_handler, std::move(handler));
}

void tell_waiting(const Waiting& waiting) {
    std::lock_guard lock(handler_mutex);
    if (current_handler)
        return current_handler(waiting);
    inform("{}: {}, trying again in {} s", waiting.what, waiting.reason, waiting.left().count());
}

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"

#include <mutex>
#include <utility>

namespace aic {

namespace {
std::mutex handler_mutex;
LogHandler current_handler; // guarded by handler_mutex
} // namespace

LogHandler set_log_handler(LogHandler handler) {
    std::lock_guard lock(handler_mutex);
    return std::exchange(current_handler, std::move(handler));
}

void log_message(LogLevel level, const std::string& message) {
    std::lock_guard lock(handler_mutex);
    if (current_handler)
        current_handler(level, message);
}

} // namespace aic

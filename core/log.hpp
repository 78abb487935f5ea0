// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>

namespace aic {

enum class LogLevel { debug, info, warning };

using LogHandler = std::function<void(LogLevel, const std::string&)>;

/// Where messages go; returns where they went before. Without a handler they are dropped. The
/// handler is called by one thread at a time and must not log itself.
LogHandler set_log_handler(LogHandler handler);
void log_message(LogLevel level, const std::string& message);

/// Something the user should know although the work goes on. Never holds a secret.
template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
    log_message(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}

/// How a command understood what it was told, or did what was not asked for by name.
template <typename... Args>
void inform(fmt::format_string<Args...> format, Args&&... args) {
    log_message(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    log_message(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace aic

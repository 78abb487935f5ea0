// SPDX-License-Identifier: Apache-2.0
#include "registry/rate_limit.hpp"

#include "core/duration.hpp"
#include "registry/transport.hpp"

#include <fmt/format.h>

#include <charconv>

namespace aic::registry {

namespace {

constexpr std::uint64_t k_longest_window_seconds = 366UL * 86400;

struct Quantity {
    std::uint64_t count = 0;
    std::uint64_t window_seconds = 0;
};

/// Takes a number from the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc())
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

/// "100" or "100;w=21600".
std::optional<Quantity> parse_quantity(std::string_view text) {
    constexpr std::string_view k_window = ";w=";
    const auto count = take_number(text);
    if (!count)
        return std::nullopt;
    if (text.empty())
        return Quantity{*count, 0};
    if (!text.starts_with(k_window))
        return std::nullopt;
    text.remove_prefix(k_window.size());
    const auto window = take_number(text);
    if (!window || !text.empty() || *window > k_longest_window_seconds)
        return std::nullopt;
    return Quantity{*count, *window};
}

} // namespace

std::string RateLimit::str() const {
    const auto within =
        window.count() > 0 ? fmt::format(" in {}", human_duration(window)) : std::string();
    return fmt::format("{} of {} requests{} are left", remaining, limit, within);
}

std::optional<RateLimit> parse_rate_limit(std::string_view limit, std::string_view remaining) {
    const auto allowed = parse_quantity(limit);
    const auto left = parse_quantity(remaining);
    if (!allowed || !left)
        return std::nullopt;
    return RateLimit{allowed->count, left->count, std::chrono::seconds(allowed->window_seconds)};
}

std::optional<RateLimit> rate_limit_of(const Answer& answer) {
    return parse_rate_limit(answer.header("ratelimit-limit").value_or(""),
                            answer.header("ratelimit-remaining").value_or(""));
}

} // namespace aic::registry

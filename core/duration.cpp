// SPDX-License-Identifier: Apache-2.0
#include "core/duration.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace aic {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t seconds;
};

constexpr Unit k_units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}};

/// A century is as good as for ever, and no sum of times overflows.
constexpr std::int64_t k_longest_seconds = 36500LL * 86400;

} // namespace

std::chrono::seconds parse_duration(std::string_view text) {
    std::uint32_t count = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, count);
    const std::string_view rest(end, static_cast<std::size_t>(last - end));
    if (error == std::errc())
        for (const auto& unit : k_units)
            if (rest == unit.name && count <= k_longest_seconds / unit.seconds)
                return std::chrono::seconds(count * unit.seconds);
    throw Error(ErrorKind::usage, "'{}' is no time such as 45s, 90min, 12h, 30d or 2w", text);
}

std::string written_duration(std::chrono::seconds duration) {
    const auto* unit = k_units; // a second
    for (const auto& larger : k_units)
        if (larger.name != "w" && duration.count() > 0 && duration.count() % larger.seconds == 0)
            unit = &larger;
    return fmt::format("{}{}", duration.count() / unit->seconds, unit->name);
}

std::string human_duration(std::chrono::seconds duration) {
    const auto seconds = duration.count();
    if (seconds < 90)
        return fmt::format("{} s", std::max<std::int64_t>(0, seconds));
    if (seconds < 90 * 60)
        return fmt::format("{} min", seconds / 60);
    if (seconds < 36 * 3600)
        return fmt::format("{} h", seconds / 3600);
    return fmt::format("{} d", seconds / 86400);
}

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#include "registry/content_range.hpp"

#include <charconv>
#include <limits>

namespace aic::registry {

/// Takes a number and the character after it off the front; at the very end no character is due.
static std::optional<std::uint64_t> take_number(std::string_view& text, char after) {
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{})
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(next - text.data()));
    if (after == '\0')
        return text.empty() ? std::optional(value) : std::nullopt;
    if (!text.starts_with(after))
        return std::nullopt;
    text.remove_prefix(1);
    return value;
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
    constexpr std::string_view k_unit = "bytes ";
    if (!value.starts_with(k_unit))
        return std::nullopt;
    value.remove_prefix(k_unit.size());
    const auto first = take_number(value, '-');
    const auto last = first ? take_number(value, '/') : std::nullopt;
    if (!last || *last < *first || *last == std::numeric_limits<std::uint64_t>::max())
        return std::nullopt;
    const ByteRange range{*first, *last + 1};
    if (value == "*")
        return ContentRange{range, std::nullopt};
    const auto total = take_number(value, '\0');
    return total && *total >= range.end ? std::optional(ContentRange{range, total}) : std::nullopt;
}

} // namespace aic::registry

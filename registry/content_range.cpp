// SPDX-License-Identifier: Apache-2.0
#include "registry/content_range.hpp"

#include <charconv>

namespace aic::registry {

std::optional<ContentRange> parse_content_range(std::string_view text) {
    ContentRange range;
    const auto take = [&](std::string_view before, std::uint64_t& number) {
        if (!text.starts_with(before))
            return false;
        text.remove_prefix(before.size());
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return error == std::errc();
    };
    if (take("bytes ", range.first) && take("-", range.last) && take("/", range.total)
        && text.empty() && range.first <= range.last && range.last < range.total)
        return range;
    return std::nullopt;
}

} // namespace aic::registry

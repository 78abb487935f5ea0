// SPDX-License-Identifier: Apache-2.0
#include "core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace aic {

namespace {

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// The length of the character that `text` begins with, 0 when it is no well-formed and visible
/// one.
std::size_t visible_character(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80)
        return first >= 0x20 && first != 0x7F ? 1 : 0;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length
        || !std::ranges::all_of(text.substr(1, length - 1), is_continuation))
        return 0;
    std::uint32_t code = first & (0x7FU >> length);
    for (const char byte : text.substr(1, length - 1))
        code = (code << 6) | (static_cast<unsigned char>(byte) & 0x3FU);
    constexpr std::uint32_t k_least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = code >= 0xD800 && code < 0xE000;
    // Controls of the second set, and characters that turn the line's direction round.
    const bool is_control = code < 0xA0 || (code >= 0x200E && code <= 0x200F)
                            || (code >= 0x2028 && code <= 0x202E)
                            || (code >= 0x2066 && code <= 0x2069);
    return code < k_least[length] || code > 0x10FFFF || is_surrogate || is_control ? 0 : length;
}

} // namespace

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const auto length = visible_character(text);
        if (length > 0)
            shown += text.substr(0, length);
        else
            shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return shown;
}

} // namespace aic

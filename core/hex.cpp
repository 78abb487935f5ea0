// SPDX-License-Identifier: Apache-2.0
#include "core/hex.hpp"

namespace aic {

std::string to_hex(std::span<const std::byte> bytes) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        hex += k_digits[std::to_integer<unsigned>(byte) >> 4];
        hex += k_digits[std::to_integer<unsigned>(byte) & 15];
    }
    return hex;
}

static int hex_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

bool from_hex(std::string_view hex, std::span<std::byte> bytes) {
    if (hex.size() != bytes.size() * 2)
        return false;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = hex_value(hex[2 * i]);
        const int low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = static_cast<std::byte>(high * 16 + low);
    }
    return true;
}

} // namespace aic

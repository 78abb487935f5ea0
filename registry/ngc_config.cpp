// SPDX-License-Identifier: Apache-2.0
#include "registry/ngc_config.hpp"

#include <algorithm>

namespace aic::registry {

static std::string_view trimmed(std::string_view text) {
    constexpr std::string_view k_blanks = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(k_blanks), text.size()));
    return text.substr(0, text.find_last_not_of(k_blanks) + 1);
}

std::optional<Secret> ngc_api_key(std::string_view text) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto equals = line.find('=');
        if (equals == std::string_view::npos || trimmed(line.substr(0, equals)) != "apikey")
            continue;
        // Who logged in without a key has the word "no-apikey" there.
        const auto key = trimmed(line.substr(equals + 1));
        if (!key.empty() && key != "no-apikey")
            return Secret(std::string(key));
    }
    return std::nullopt;
}

} // namespace aic::registry

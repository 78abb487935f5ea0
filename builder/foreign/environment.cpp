// SPDX-License-Identifier: Apache-2.0
#include "builder/foreign/environment.hpp"

#include "builder/squashfs/image_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace aic::foreign {

namespace {

bool is_name(std::string_view text) {
    return !text.empty() && !(text.front() >= '0' && text.front() <= '9')
           && std::ranges::all_of(text, [](char c) {
                  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                         || c == '_';
              });
}

bool is_utf8(const std::string& text) {
    try {
        static_cast<void>(nlohmann::json(text).dump());
        return true;
    } catch (const nlohmann::json::exception&) {
        return false;
    }
}

std::string_view unquoted(std::string_view value) {
    const bool is_quoted = value.size() >= 2 && value.front() == value.back()
                           && (value.front() == '"' || value.front() == '\'');
    return is_quoted ? value.substr(1, value.size() - 2) : value;
}

} // namespace

std::vector<std::string> parse_environment(std::string_view text) {
    std::vector<std::string> variables;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const auto equals = line.find('=');
        if (equals == std::string_view::npos || !is_name(line.substr(0, equals)))
            continue;
        auto variable = std::string(line.substr(0, equals + 1));
        variable += unquoted(line.substr(equals + 1));
        if (variable.find('\0') == std::string::npos && is_utf8(variable))
            variables.push_back(std::move(variable));
    }
    return variables;
}

std::vector<std::string> environment_of(squashfs::ImageReader& image) {
    return parse_environment(squashfs::text_in(image, "etc/environment"));
}

} // namespace aic::foreign

// SPDX-License-Identifier: Apache-2.0
#include "tests/builder/layer_cases.hpp"
#include "tests/support/layer_builder.hpp"

#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace aic::testing {

namespace {

std::vector<std::string> split(const std::string& text, std::string_view separator) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (;;) {
        const auto end = text.find(separator, begin);
        parts.push_back(text.substr(begin, end - begin));
        if (end == std::string::npos)
            return parts;
        begin = end + separator.size();
    }
}

/// What follows the word at the start of `text`, if that is there.
std::optional<std::string> after(const std::string& text, std::string_view word) {
    return text.starts_with(word) ? std::optional(text.substr(word.size())) : std::nullopt;
}

std::optional<std::pair<std::string, std::string>> around(const std::string& text,
                                                          std::string_view separator) {
    const auto at = text.find(separator);
    if (at == std::string::npos)
        return std::nullopt;
    return std::pair(text.substr(0, at), text.substr(at + separator.size()));
}

void add_entry(LayerBuilder& layer, const std::string& notation) {
    const auto at =
        notation.rfind("@0") != std::string::npos ? notation.rfind("@0") : notation.rfind('@');
    const auto text = notation.substr(0, at);
    EntryOptions options;
    if (at != std::string::npos)
        options.mode = static_cast<unsigned>(std::stoul(notation.substr(at + 1), nullptr, 8));
    if (const auto whiteout = after(text, "wh "))
        layer.whiteout(*whiteout);
    else if (const auto odd_directory = after(text, "wh-dir "))
        layer.directory(".wh." + *odd_directory);
    else if (const auto odd_link = after(text, "wh-link "))
        layer.symlink(".wh." + *odd_link, "x");
    else if (const auto opaque = after(text, "opq "))
        layer.opaque(*opaque == "." ? "" : *opaque);
    else if (const auto fifo = after(text, "fifo "))
        layer.fifo(*fifo, options);
    else if (const auto device = after(text, "null "))
        layer.char_device(*device, 0, 0, options);
    else if (const auto hardlink = around(text, " hard "))
        layer.hardlink(hardlink->first, hardlink->second, options);
    else if (const auto symlink = around(text, "->"))
        layer.symlink(symlink->first, symlink->second, options);
    else if (const auto file = around(text, "="))
        layer.file(file->first, file->second, options);
    else if (text.ends_with('/'))
        layer.directory(text, options);
    else
        throw std::invalid_argument("no entry of a layer: " + notation);
}

} // namespace

std::vector<std::string> tars_of(const std::string& layers) {
    std::vector<std::string> tars;
    for (const auto& layer : split(layers, "|")) {
        LayerBuilder builder;
        const auto begin = layer.find_first_not_of(' ');
        if (begin != std::string::npos)
            for (const auto& entry :
                 split(layer.substr(begin, layer.find_last_not_of(' ') - begin + 1), ", "))
                add_entry(builder, entry);
        tars.push_back(builder.tar());
    }
    return tars;
}

} // namespace aic::testing

// SPDX-License-Identifier: Apache-2.0
#include "cache/name.hpp"

#include "core/error.hpp"
#include "core/printable.hpp"

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr std::size_t k_longest_name = 64;
/// A word that ends so is taken for a path.
constexpr std::string_view k_file_suffix = ".sqsh";

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_byte(char c) {
    return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
}

/// What is wrong with it; nothing when it is a name.
std::optional<std::string_view> fault_of(std::string_view text) {
    if (text.empty())
        return "it is empty";
    if (text.size() > k_longest_name)
        return "it is longer than 64 bytes";
    if (!is_alphanumeric(text.front()))
        return "it begins with no letter or digit";
    if (!std::ranges::all_of(text, is_name_byte))
        return "only letters, digits, '.', '_' and '-' are in names";
    if (text.ends_with(k_file_suffix))
        return "it ends in '.sqsh', as files do";
    return std::nullopt;
}

} // namespace

ImageName ImageName::parse(std::string_view text) {
    if (const auto fault = fault_of(text))
        throw Error(ErrorKind::usage, "'{}' is no name: {}", printable(text), *fault);
    return ImageName(text);
}

std::optional<ImageName> ImageName::try_parse(std::string_view text) {
    return fault_of(text) ? std::nullopt : std::optional(ImageName(text));
}

std::optional<ImageName> default_name(const fs::path& directory, const fs::path& home) {
    const auto plain = [](const fs::path& path) {
        const auto normal = path.lexically_normal();
        return normal.has_filename() ? normal : normal.parent_path(); // without a slash at the end
    };
    const auto place = plain(directory);
    if (place == plain(home) || place == "/tmp")
        return std::nullopt;
    auto text = place.filename().native();
    std::ranges::replace_if(
        text, [](char c) { return !is_name_byte(c); }, '-');
    text.erase(text.begin(), std::ranges::find_if(text, is_alphanumeric));
    text.resize(std::min(text.size(), k_longest_name));
    return ImageName::try_parse(text);
}

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#include "cache/layout.hpp"

#include <fmt/format.h>

namespace aic::cache {

namespace {

constexpr std::size_t k_longest_name =
    200; // of 255, to leave room for the platform and temporary suffixes

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'
           || c == '_' || c == '-';
}

} // namespace

std::filesystem::path Layout::reference(std::string_view reference,
                                        const oci::Platform& platform) const {
    std::string name;
    for (const char c : reference) {
        if (is_plain(c) || c == ':' || c == '@')
            name += c;
        else
            name += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    if (name.size() > k_longest_name)
        name = "sha256:" + to_hex(sha256_of(reference));
    return references() / fmt::format("{}@{}.json", name, platform.file_str());
}

std::optional<ImageKey> image_key_of(std::string_view file_name) {
    const auto dot = file_name.find('.');
    if (dot == std::string_view::npos || dot + 1 == file_name.size())
        return std::nullopt;
    const auto id = sha256_from_hex(file_name.substr(0, dot));
    return id ? std::optional(ImageKey{ImageId(*id), std::string(file_name.substr(dot + 1))})
              : std::nullopt;
}

std::string image_file_name(std::string_view base_name, const ImageId& id) {
    std::string plain;
    for (const char c : base_name.substr(0, 100))
        plain += is_plain(c) ? c : '-';
    if (plain.empty() || plain.front() == '.' || plain.front() == '-')
        plain = "image" + plain;
    return fmt::format("{}+{}.sqsh", plain, id.short_hex());
}

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace aic::cache {

/// What a user calls an image: a letter or digit, then letters, digits, `.`, `_` and `-`, 64 bytes
/// at most, not ending in `.sqsh`. So it is one file name, and never a path. A name may look like
/// the beginning of an id (`beef`) or like a short reference (`ubuntu`): names are looked up first.
class ImageName {
public:
    /// Throws Error(usage) that says what is wrong.
    static ImageName parse(std::string_view text);
    static std::optional<ImageName> try_parse(std::string_view text);

    const std::string& str() const { return text_; }

    auto operator<=>(const ImageName&) const = default;

private:
    explicit ImageName(std::string_view text) : text_(text) {}

    std::string text_;
};

/// The name that what is made in `directory` has unless told otherwise: the directory's own, with
/// '-' for bytes that no name has. None for `/`, `/tmp` and the home directory, which say nothing
/// about what is in them.
std::optional<ImageName> default_name(const std::filesystem::path& directory,
                                      const std::filesystem::path& home);

} // namespace aic::cache

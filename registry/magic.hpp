// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/bytes.hpp"

#include <span>
#include <string_view>

namespace aic::registry {

/// The bytes that the formats below begin with; no tar does.
inline constexpr std::size_t k_magic_bytes = 6;

/// "gzip", "zstd", "xz" or "bzip2" when what begins with these bytes is compressed so, else "".
inline std::string_view compression_by_magic(std::span<const std::byte> first_bytes) {
    const auto text = as_text(first_bytes);
    if (text.starts_with("\x1f\x8b"))
        return "gzip";
    if (text.starts_with("\x28\xb5\x2f\xfd"))
        return "zstd";
    if (text.starts_with(std::string_view("\xfd"
                                          "7zXZ\0",
                                          6)))
        return "xz";
    return text.starts_with("BZh") ? "bzip2" : "";
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace aic::registry {

/// Which bytes a 206 answer holds.
struct ContentRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0; ///< included
    std::uint64_t total = 0;

    bool operator==(const ContentRange&) const = default;
};

/// From a Content-Range header, "bytes 0-9/100"; nothing when it is anything else, "bytes 0-9/*"
/// included: what does not name the total cannot be checked against the blob.
std::optional<ContentRange> parse_content_range(std::string_view text);

} // namespace aic::registry

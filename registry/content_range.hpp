// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/byte_ranges.hpp"

#include <optional>
#include <string_view>

namespace aic::registry {

/// What a 206 answer says it holds.
struct ContentRange {
    ByteRange range;
    std::optional<std::uint64_t> total_bytes; ///< of the whole; nothing for "*"

    bool operator==(const ContentRange&) const = default;
};

/// From "bytes 0-499/1234" (RFC 9110, 14.4), else nothing.
std::optional<ContentRange> parse_content_range(std::string_view value);

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/byte_ranges.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace aic::registry {

/// What a partial file is said to hold (docs/formats/spool.md).
struct PartialClaims {
    std::uint64_t inode = 0;      ///< of the partial file
    std::uint64_t size_bytes = 0; ///< of the whole blob
    std::string boot;             ///< the claims end with this boot; "" if they are synced
    ByteRanges ranges;

    bool operator==(const PartialClaims&) const = default;
};

std::string to_text(const PartialClaims& claims);

/// Nothing unless the text is whole and makes sense. What follows its last line is ignored: the
/// file is written over in place.
std::optional<PartialClaims> parse_partial_claims(std::string_view text);

} // namespace aic::registry

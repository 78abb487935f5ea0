// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aic::registry {

inline constexpr std::size_t k_tar_block_bytes = 512;

using TarBlock = std::array<std::byte, k_tar_block_bytes>;

/// What one header block of a tar says, be it ustar, GNU or older.
struct TarHeader {
    char type = '0'; ///< the type flag
    std::string path;
    std::string target; ///< of a link
    std::uint64_t size_bytes = 0;
};

/// Nothing when the block's checksum does not fit: then it is no header. Throws Error(integrity) on
/// a size that makes no sense.
std::optional<TarHeader> parse_tar_header(std::span<const std::byte, k_tar_block_bytes> block);

/// The records of a PAX header, "LENGTH KEY=VALUE\n" each. Throws Error(integrity).
std::map<std::string, std::string, std::less<>> parse_pax_records(std::string_view text);

/// A number of decimal digits and nothing else, as PAX has sizes. Throws Error(integrity).
std::uint64_t parse_pax_size(std::string_view text);

} // namespace aic::registry

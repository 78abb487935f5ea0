// SPDX-License-Identifier: Apache-2.0
#include "cli/block_size.hpp"

#include "builder/squashfs/format.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"

#include <bit>

namespace aic::cli {

std::uint32_t parse_block_size(const std::string& text) {
    const auto bytes = parse_size(text);
    if (bytes < squashfs::k_min_block_bytes || bytes > squashfs::k_max_block_bytes
        || !std::has_single_bit(bytes))
        throw Error(ErrorKind::usage, "the block size {} is no power of two from 4K to 1M", text);
    return static_cast<std::uint32_t>(bytes);
}

} // namespace aic::cli

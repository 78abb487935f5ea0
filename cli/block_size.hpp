// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace aic::cli {

/// From "128K" or "1M"; throws Error(usage) for what squashfs does not take.
std::uint32_t parse_block_size(const std::string& text);

} // namespace aic::cli

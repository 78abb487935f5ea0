// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace aic {

std::string to_hex(std::span<const std::byte> bytes);
/// Fills `bytes` from exactly twice as many lower-case hex digits; false for anything else.
bool from_hex(std::string_view hex, std::span<std::byte> bytes);

} // namespace aic

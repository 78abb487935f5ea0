// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace aic {

/// Text of unknown origin as it may go to a terminal or a message: UTF-8 stays, control characters
/// and bytes that are no UTF-8 become "\xNN".
std::string printable(std::string_view text);

} // namespace aic

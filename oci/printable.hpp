// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace aic::oci {

/// Text of unknown origin as it may go to a terminal: everything but printable ASCII becomes
/// "\xNN", so that one byte of the result is one column. More than `limit` bytes of text are cut
/// off with "...".
std::string printable(std::string_view text, std::size_t limit = 400);

} // namespace aic::oci

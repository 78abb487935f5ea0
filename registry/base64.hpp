// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aic::registry {

/// RFC 4648 § 4, padded.
std::string base64_encode(std::string_view bytes);
/// Nothing when it is not base64; the padding may be missing.
std::optional<std::string> base64_decode(std::string_view text);

} // namespace aic::registry

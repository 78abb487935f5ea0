// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aic::registry {

/// The target of the link with rel="next" in a Link header (RFC 8288 § 3), as it stands there.
/// Nothing when there is none, or before it something is malformed.
std::optional<std::string> next_link(std::string_view header);

} // namespace aic::registry

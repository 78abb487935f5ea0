// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aic {

/// How many characters must be inserted, removed or replaced to make one text of the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that `word` was probably meant to be: at most a third of its characters, and two
/// at least, may be wrong.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

} // namespace aic

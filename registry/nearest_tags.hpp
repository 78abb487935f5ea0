// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// How many characters must be inserted, removed or replaced to make one text of the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The `count` tags that look most like `wanted`, nearest first.
std::vector<std::string> nearest_tags(std::span<const std::string> tags, std::string_view wanted,
                                      std::size_t count);

} // namespace aic::registry

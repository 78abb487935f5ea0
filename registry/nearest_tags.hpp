// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// The `count` tags that look most like `wanted`, nearest first.
std::vector<std::string> nearest_tags(std::span<const std::string> tags, std::string_view wanted,
                                      std::size_t count);

} // namespace aic::registry

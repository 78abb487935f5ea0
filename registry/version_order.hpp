// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// Which of two tags is the newer version: numbers count as numbers (1.9 < 1.10), what comes before
/// a release (dev, alpha, beta, pre, rc) is older than it, and a word is older than any number, so
/// that "latest" stands before all that is a version. A total order; equal only for equal tags.
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

/// The oldest first.
void sort_by_version(std::vector<std::string>& tags);

} // namespace aic::registry

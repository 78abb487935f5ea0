// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace aic::cli {

/// Rows of text as aligned columns, two spaces between them; the first row is the heading.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

} // namespace aic::cli

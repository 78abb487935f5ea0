// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aic {

/// `text` as one word of a POSIX shell, whatever it holds.
std::string shell_quote(std::string_view text);

/// Words as a shell takes a line apart, with quotes and backslashes and nothing else. Throws
/// Error(usage) for a quote without end.
std::vector<std::string> split_words(std::string_view line);

} // namespace aic

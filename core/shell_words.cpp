// SPDX-License-Identifier: Apache-2.0
#include "core/shell_words.hpp"

#include "core/error.hpp"

namespace aic {

std::string shell_quote(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'')
            quoted += "'\\''";
        else if (c != '\0')
            quoted += c;
    }
    return quoted + "'";
}

std::vector<std::string> split_words(std::string_view line) {
    std::vector<std::string> words;
    bool is_open = false; // a word, be it empty
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        const bool is_space = c == ' ' || c == '\t' || c == '\n';
        if (quote == 0 && is_space) {
            is_open = false;
            continue;
        }
        if (!is_open)
            words.emplace_back();
        is_open = true;
        if (quote != 0 && c == quote)
            quote = 0;
        else if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (c == '\\' && quote != '\'' && i + 1 < line.size())
            words.back() += line[++i];
        else
            words.back() += c;
    }
    if (quote != 0)
        throw Error(ErrorKind::usage, "a quote in '{}' has no end", line);
    return words;
}

} // namespace aic

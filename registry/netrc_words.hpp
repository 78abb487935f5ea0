// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace aic::registry {

/// Cuts a netrc file into words, as curl does.
class NetrcWords {
public:
    explicit NetrcWords(std::string_view text) : rest_(text) {}

    /// The next keyword: comments before it are passed over. "" at the end.
    std::string keyword() {
        for (;;) {
            skip_blanks();
            if (!rest_.starts_with('#'))
                return value();
            rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
        }
    }

    /// The next word, whatever it begins with; in quotes it may hold blanks and escapes, as curl
    /// has it.
    std::string value() {
        skip_blanks();
        left_before_ = rest_.size();
        if (rest_.starts_with('"'))
            return quoted();
        const auto end = std::min(rest_.find_first_of(k_blanks), rest_.size());
        std::string word(rest_.substr(0, end));
        rest_.remove_prefix(end);
        return word;
    }

    /// A macro's body ends at the first empty line.
    void skip_macro() {
        const auto end = rest_.find("\n\n");
        rest_.remove_prefix(std::min(end, rest_.size()));
    }

    /// Where the last word began, and where the next one may, counted from the end of the text.
    std::size_t left_before() const { return left_before_; }

    std::size_t left() const { return rest_.size(); }

private:
    static constexpr std::string_view k_blanks = " \t\r\n\f\v";

    void skip_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(k_blanks), rest_.size()));
    }

    std::string quoted() {
        std::string word;
        for (rest_.remove_prefix(1); !rest_.empty() && rest_.front() != '"';
             rest_.remove_prefix(1)) {
            if (rest_.front() == '\\' && rest_.size() > 1) {
                rest_.remove_prefix(1);
                word += unescaped(rest_.front());
            } else {
                word += rest_.front();
            }
        }
        rest_.remove_prefix(rest_.empty() ? 0 : 1);
        return word;
    }

    static char unescaped(char c) {
        return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    }

    std::string_view rest_;
    std::size_t left_before_ = 0;
};

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/link_header.hpp"

#include <algorithm>

namespace aic::registry {

namespace {

bool equal_in_any_case(std::string_view text, std::string_view lower_case) {
    return std::ranges::equal(text, lower_case, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
    });
}

/// Reads a header from left to right.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool take(char wanted) {
        skip_blanks();
        if (!rest_.starts_with(wanted))
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// What stands before `end`, which is taken too. Nothing when it does not come.
    std::optional<std::string_view> until(char end) {
        const auto length = rest_.find(end);
        if (length == std::string_view::npos)
            return std::nullopt;
        const auto text = rest_.substr(0, length);
        rest_.remove_prefix(length + 1);
        return text;
    }

    std::string_view token() {
        skip_blanks();
        const auto text = rest_.substr(0, rest_.find_first_of(" \t;,=\""));
        rest_.remove_prefix(text.size());
        return text;
    }

    /// A token or a quoted string; nothing when the quotes do not end.
    std::optional<std::string> value() {
        if (!take('"'))
            return std::string(token());
        std::string text;
        for (; !rest_.empty() && rest_.front() != '"'; rest_.remove_prefix(1)) {
            if (rest_.front() == '\\' && rest_.size() > 1)
                rest_.remove_prefix(1);
            text += rest_.front();
        }
        return take('"') ? std::optional(text) : std::nullopt;
    }

private:
    void skip_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    }

    std::string_view rest_;
};

/// A relation type may be one of several: rel="next last".
bool names_next(std::string_view relations) {
    while (!relations.empty()) {
        const auto word = relations.substr(0, relations.find(' '));
        if (equal_in_any_case(word, "next"))
            return true;
        relations.remove_prefix(std::min(word.size() + 1, relations.size()));
    }
    return false;
}

/// Whether the parameters of a link, up to the next link, say that it is the next page. Nothing
/// when they are malformed.
std::optional<bool> is_next(Reader& reader) {
    bool next = false;
    while (reader.take(';')) {
        const auto name = reader.token();
        std::optional<std::string> value = std::string();
        if (reader.take('='))
            value = reader.value();
        if (!value)
            return std::nullopt;
        next = next || (equal_in_any_case(name, "rel") && names_next(*value));
    }
    return next;
}

} // namespace

std::optional<std::string> next_link(std::string_view header) {
    Reader reader(header);
    do {
        if (!reader.take('<'))
            return std::nullopt;
        const auto target = reader.until('>');
        if (!target)
            return std::nullopt;
        const auto next = is_next(reader);
        if (!next)
            return std::nullopt;
        if (*next)
            return std::string(*target);
    } while (reader.take(','));
    return std::nullopt;
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/challenge.hpp"

#include <optional>

namespace aic::registry {

namespace {

constexpr std::string_view k_blank = " \t";

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_token(char c) {
    return is_alphanumeric(c)
           || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token68(char c) {
    return is_alphanumeric(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + ('a' - 'A'));
    return result;
}

class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }

    bool at(char c) const { return rest_.starts_with(c); }

    void step() { rest_.remove_prefix(1); }

    void skip(std::string_view characters) {
        const auto end = rest_.find_first_not_of(characters);
        rest_.remove_prefix(std::min(end, rest_.size()));
    }

    template <typename Predicate>
    std::string_view take_while(Predicate fits) {
        std::size_t length = 0;
        while (length < rest_.size() && fits(rest_[length]))
            ++length;
        const auto taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

    std::string_view token() { return take_while(is_token); }

    /// Of a quoted string, behind its opening quote; nothing when it is not closed.
    std::optional<std::string> quoted() {
        std::string value;
        for (; !at_end(); step()) {
            if (at('"')) {
                step();
                return value;
            }
            if (at('\\') && rest_.size() > 1)
                step();
            value += rest_.front();
        }
        return std::nullopt;
    }

    /// The credentials form "abc==" if it stands here alone, up to a comma or the end.
    std::optional<std::string> token68() {
        Cursor ahead = *this;
        std::string value(ahead.take_while(is_token68));
        if (value.empty())
            return std::nullopt;
        value += ahead.take_while([](char c) { return c == '='; });
        ahead.skip(k_blank);
        if (!ahead.at_end() && !ahead.at(','))
            return std::nullopt;
        *this = ahead;
        return value;
    }

private:
    std::string_view rest_;
};

/// The value behind a parameter's '='. Registries leave URLs unquoted, so more than a token is
/// taken.
std::optional<std::string> parameter_value(Cursor& cursor) {
    cursor.skip(k_blank);
    if (cursor.at('"')) {
        cursor.step();
        return cursor.quoted();
    }
    return std::string(
        cursor.take_while([](char c) { return c != ',' && c != ' ' && c != '\t' && c != '"'; }));
}

} // namespace

std::string Challenge::parameter(const std::string& name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
}

std::vector<Challenge> parse_challenges(std::string_view header) {
    std::vector<Challenge> challenges;
    Cursor cursor(header);
    for (;;) {
        cursor.skip(" \t,");
        const auto word = cursor.token();
        if (word.empty())
            return challenges;
        cursor.skip(k_blank);
        if (!cursor.at('=')) { // no parameter, so the name of the next scheme
            challenges.push_back({lower(word), {}, {}});
            challenges.back().token68 = cursor.token68().value_or("");
            continue;
        }
        cursor.step();
        const auto value = parameter_value(cursor);
        if (!value || challenges.empty())
            return challenges;
        challenges.back().parameters.emplace(lower(word), *value);
    }
}

} // namespace aic::registry

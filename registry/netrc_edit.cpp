// SPDX-License-Identifier: Apache-2.0
#include "registry/netrc_edit.hpp"

#include "core/error.hpp"
#include "registry/netrc_words.hpp"

#include <algorithm>
#include <optional>

namespace aic::registry {

namespace {

/// Where an entry stands: from its "machine" to the end of its last word, and of its last line if
/// nothing else is there.
struct Span {
    std::size_t begin = 0, end = 0;
    std::string machine, login; ///< of a `default`, no machine
};

void take_rest_of_line(Span& span, std::string_view text) {
    const bool begins_line = span.begin == 0 || text[span.begin - 1] == '\n';
    const auto next = std::min(text.find_first_not_of(" \t\r", span.end), text.size());
    if (begins_line && (next == text.size() || text[next] == '\n'))
        span.end = std::min(next + 1, text.size());
}

std::vector<Span> spans_of(std::string_view text) {
    std::vector<Span> spans;
    NetrcWords words(text);
    const auto position = [&] { return text.size() - words.left(); };
    for (auto word = words.keyword(); !word.empty(); word = words.keyword()) {
        if (word == "machine" || word == "default") {
            const auto begin = text.size() - words.left_before();
            auto machine = word == "machine" ? words.value() : std::string();
            spans.push_back({begin, position(), std::move(machine), {}});
        } else if (word == "macdef") {
            words.skip_macro();
        } else if (word == "login" || word == "password" || word == "account") {
            auto value = words.value();
            if (spans.empty())
                continue;
            spans.back().end = position();
            if (word == "login")
                spans.back().login = std::move(value);
            else
                wipe(value);
        }
    }
    for (auto& span : spans)
        take_rest_of_line(span, text);
    return spans;
}

bool is_for(const Span& span, std::string_view machine) {
    return !span.machine.empty() && without_port(span.machine) == without_port(machine);
}

/// The text without some spans, and with `addition` where it is at `place`.
Secret rebuilt(std::string_view text, const std::vector<Span>& left_out, std::size_t place,
               std::string_view addition) {
    std::string result;
    result.reserve(text.size() + addition.size() + 1);
    const auto add = [&] {
        if (!addition.empty() && !result.empty() && result.back() != '\n')
            result += '\n';
        result += addition;
    };
    std::size_t done = 0;
    bool added = false;
    const auto copy_to = [&](std::size_t end) {
        if (!added && place <= end) {
            result += text.substr(done, place - done);
            done = place;
            add();
            added = true;
        }
        result += text.substr(done, end - done);
    };
    for (const auto& span : left_out) {
        copy_to(span.begin);
        done = span.end;
    }
    copy_to(text.size());
    return Secret(std::move(result));
}

/// Words without a "machine" before them would become part of an entry that is put in front.
void require_found(std::string_view text, const NetrcEntry& entry) {
    const auto entries = parse_netrc(text);
    const auto found = std::ranges::find_if(entries, [&](const NetrcEntry& other) {
        return without_port(other.machine) == without_port(entry.machine);
    });
    if (found == entries.end() || found->login != entry.login || found->password != entry.password)
        throw Error(ErrorKind::integrity,
                    "it holds words that belong to no 'machine', and would hide a new entry");
}

} // namespace

Secret with_entry(std::string_view text, const NetrcEntry& entry) {
    std::vector<Span> replaced;
    std::optional<std::size_t> place;
    for (auto& span : spans_of(text)) {
        const bool same_machine = is_for(span, entry.machine);
        if (!place && (same_machine || span.machine.empty()))
            place = span.begin;
        if (same_machine && span.login == entry.login)
            replaced.push_back(std::move(span));
    }
    const Secret line(fmt::format("machine {} login {} password {}\n", entry.machine, entry.login,
                                  entry.password.reveal()));
    // At the end it might become part of a macro, or of a quote that is never closed.
    auto result = rebuilt(text, replaced, place.value_or(0), line.reveal());
    require_found(result.reveal(), entry);
    return result;
}

Secret without_entries(std::string_view text, std::string_view machine, std::string_view login) {
    auto spans = spans_of(text);
    std::erase_if(spans, [&](const Span& span) {
        return !is_for(span, machine) || (!login.empty() && span.login != login);
    });
    return rebuilt(text, spans, text.size(), "");
}

void check_netrc_word(std::string_view word, std::string_view what) {
    const auto refuse = [&](std::string_view why) {
        throw Error(ErrorKind::usage, "{} {}", what, why)
            .with_hint("use an access token of the registry in its place");
    };
    if (word.empty())
        throw Error(ErrorKind::usage, "{} is empty", what);
    if (word.starts_with('$') && word != k_ngc_user)
        refuse("begins with '$', and enroot would run it as a shell expression");
    const bool is_one_word = std::ranges::none_of(word, [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '"' || c == '\\'
               || c == '\'';
    });
    if (!is_one_word || word.starts_with('#'))
        refuse("holds blanks, quotes, backslashes, control characters or a '#' in front, which "
               "enroot's file cannot hold");
}

} // namespace aic::registry

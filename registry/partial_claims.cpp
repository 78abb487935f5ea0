// SPDX-License-Identifier: Apache-2.0
#include "registry/partial_claims.hpp"

#include "core/content_hash.hpp"

#include <fmt/format.h>

#include <charconv>

namespace aic::registry {

namespace {

constexpr std::string_view k_title = "aic-image partial 1";
constexpr std::string_view k_hash = "xxh128 ";
constexpr std::string_view k_no_boot = "none";

/// Takes the text apart word by word; once something does not fit, nothing does any more.
class Words {
public:
    explicit Words(std::string_view text) : rest_(text) {}

    bool take(std::string_view expected) {
        failed_ = failed_ || !rest_.starts_with(expected);
        if (!failed_)
            rest_.remove_prefix(expected.size());
        return !failed_;
    }

    std::uint64_t number() {
        std::uint64_t value = 0;
        const auto* end = rest_.data() + rest_.size();
        const auto [after, error] = std::from_chars(rest_.data(), end, value);
        failed_ = failed_ || error != std::errc{};
        if (failed_)
            return 0;
        rest_.remove_prefix(static_cast<std::size_t>(after - rest_.data()));
        return value;
    }

    std::string line() {
        const auto end = rest_.find('\n');
        failed_ = failed_ || end == std::string_view::npos;
        if (failed_)
            return {};
        std::string found(rest_.substr(0, end));
        rest_.remove_prefix(end + 1);
        return found;
    }

    bool is_at(std::string_view expected) const { return rest_.starts_with(expected); }

    bool failed() const { return failed_; }

    std::size_t left() const { return rest_.size(); }

private:
    std::string_view rest_;
    bool failed_ = false;
};

/// False unless the ranges lie within the blob, in order.
bool take_ranges(Words& words, PartialClaims& claims) {
    std::uint64_t last_end = 0;
    while (!words.failed() && !words.is_at(k_hash)) {
        const auto begin = words.number();
        words.take(" ");
        const auto end = words.number();
        words.take("\n");
        const bool fits = begin >= last_end && end > begin && end <= claims.size_bytes;
        if (words.failed() || !fits)
            return false;
        claims.ranges.add({begin, end});
        last_end = end;
    }
    return !words.failed();
}

} // namespace

std::string to_text(const PartialClaims& claims) {
    auto text =
        fmt::format("{}\ninode {}\nsize {}\nboot {}\n", k_title, claims.inode, claims.size_bytes,
                    claims.boot.empty() ? k_no_boot : std::string_view(claims.boot));
    for (const auto& range : claims.ranges.list())
        text += fmt::format("{} {}\n", range.begin, range.end);
    return text + fmt::format("{}{}\n", k_hash, ContentHash::of(text).hex());
}

std::optional<PartialClaims> parse_partial_claims(std::string_view text) {
    Words words(text);
    PartialClaims claims;
    words.take(k_title);
    words.take("\ninode ");
    claims.inode = words.number();
    words.take("\nsize ");
    claims.size_bytes = words.number();
    words.take("\nboot ");
    claims.boot = words.line();
    if (words.failed() || claims.boot.empty() || !take_ranges(words, claims))
        return std::nullopt;
    if (claims.boot == k_no_boot)
        claims.boot.clear();
    const auto hashed = text.substr(0, text.size() - words.left());
    words.take(k_hash);
    const auto hash = ContentHash::try_parse(words.line());
    if (words.failed() || hash != ContentHash::of(hashed))
        return std::nullopt;
    return claims;
}

} // namespace aic::registry

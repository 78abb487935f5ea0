// SPDX-License-Identifier: Apache-2.0
#include "registry/version_order.hpp"

#include <algorithm>
#include <array>

namespace aic::registry {

namespace {

/// The order of the enumerators is the order of parts that differ in kind.
enum class Kind { prerelease, end, word, number };

struct Part {
    Kind kind = Kind::end;
    std::size_t stage = 0; ///< of a prerelease
    std::string_view text; ///< of a number without leading zeros
};

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

std::strong_ordering compare_words(std::string_view a, std::string_view b) {
    return std::lexicographical_compare_three_way(
        a.begin(), a.end(), b.begin(), b.end(),
        [](char x, char y) { return lower(x) <=> lower(y); });
}

Part word_part(std::string_view word) {
    constexpr std::array<std::string_view, 6> k_stages = {"dev", "alpha",   "beta",
                                                          "pre", "preview", "rc"};
    const auto stage = std::ranges::find_if(
        k_stages, [&](std::string_view name) { return compare_words(word, name) == 0; });
    if (stage == k_stages.end())
        return {Kind::word, 0, word};
    return {Kind::prerelease, static_cast<std::size_t>(stage - k_stages.begin()), {}};
}

/// Cuts a tag into runs of digits and of letters; whatever else only separates.
class Parts {
public:
    explicit Parts(std::string_view tag) : rest_(tag) {
        // "v1.2" is version 1.2.
        if (tag.size() > 1 && lower(tag[0]) == 'v' && is_digit(tag[1]))
            rest_.remove_prefix(1);
    }

    /// Kind::end again and again once there are no more.
    Part next() {
        rest_.remove_prefix(run([](char c) { return !is_digit(c) && !is_letter(c); }));
        if (rest_.empty())
            return {};
        if (!is_digit(rest_.front()))
            return word_part(take(run(is_letter)));
        auto number = take(run(is_digit));
        number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
        return {Kind::number, 0, number};
    }

private:
    template <typename Belongs>
    std::size_t run(Belongs belongs) const {
        const auto end = std::ranges::find_if_not(rest_, belongs);
        return static_cast<std::size_t>(end - rest_.begin());
    }

    std::string_view take(std::size_t length) {
        const auto taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

    std::string_view rest_;
};

std::strong_ordering compare_parts(const Part& a, const Part& b) {
    if (a.kind != b.kind)
        return a.kind <=> b.kind;
    if (a.kind == Kind::prerelease)
        return a.stage <=> b.stage;
    if (a.kind == Kind::word)
        return compare_words(a.text, b.text);
    // Numbers of any length: without leading zeros the longer one is the larger one.
    if (a.text.size() != b.text.size())
        return a.text.size() <=> b.text.size();
    return a.text <=> b.text;
}

} // namespace

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
    Parts parts_a(a);
    Parts parts_b(b);
    for (;;) {
        const auto part_a = parts_a.next();
        const auto part_b = parts_b.next();
        if (const auto order = compare_parts(part_a, part_b); order != 0)
            return order;
        if (part_a.kind == Kind::end)
            return a <=> b; // "1.0" and "1-0", "v1" and "1"
    }
}

void sort_by_version(std::vector<std::string>& tags) {
    std::ranges::sort(tags, [](const std::string& a, const std::string& b) {
        return compare_versions(a, b) < 0;
    });
}

} // namespace aic::registry

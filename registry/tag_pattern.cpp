// SPDX-License-Identifier: Apache-2.0
#include "registry/tag_pattern.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "oci/printable.hpp"
#include "registry/tag_list.hpp"
#include "registry/version_order.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace aic::registry {

namespace {

constexpr std::string_view k_glob_characters = "*?[";

/// What a registry lists as a tag may be any text.
bool is_tag(std::string_view text) {
    constexpr std::string_view k_letters_and_digits =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    constexpr std::size_t k_longest_tag = 128;
    return !text.empty() && text.size() <= k_longest_tag && text.front() != '.'
           && text.front() != '-' && std::ranges::all_of(text, [&](char c) {
                  return c == '_' || c == '.' || c == '-'
                         || k_letters_and_digits.find(c) != std::string_view::npos;
              });
}

} // namespace

oci::Reference TagPattern::with_tag(std::string_view tag) const {
    return oci::Reference::parse(fmt::format("{}:{}", repository, tag));
}

std::optional<TagPattern> split_tag_pattern(std::string_view text) {
    const auto last_part = text.find_last_of("/#") + 1; // 0 when there is but one
    const auto colon = text.find(':', last_part);
    if (colon == std::string_view::npos)
        return std::nullopt;
    const auto tag = text.substr(colon + 1);
    if (tag.find_first_of(k_glob_characters) == std::string_view::npos
        || tag.find('@') != std::string_view::npos)
        return std::nullopt;
    TagPattern found{std::string(text.substr(0, colon)), std::string(tag)};
    return found.with_tag("x").registry() ? std::optional(std::move(found)) : std::nullopt;
}

std::optional<std::string> newest_match(std::span<const std::string> tags,
                                        const std::string& pattern) {
    const std::string* newest = nullptr;
    for (const auto& tag : tags)
        if (is_tag(tag) && ::fnmatch(pattern.c_str(), tag.c_str(), 0) == 0
            && (!newest || compare_versions(*newest, tag) < 0))
            newest = &tag;
    return newest ? std::optional(*newest) : std::nullopt;
}

oci::Reference choose_reference(std::string_view text, const Config& config,
                                const Environment& environment, std::stop_token stop) {
    const auto pattern = split_tag_pattern(text);
    if (!pattern)
        return oci::Reference::parse(text);
    const auto any = pattern->with_tag("x");
    const auto tags = list_tags(*any.registry(), config, environment, stop).tags;
    const auto newest = newest_match(tags, pattern->pattern);
    if (!newest)
        throw Error(ErrorKind::not_found, "none of the {} tags of {} fits '{}'", tags.size(),
                    any.registry()->repository, oci::printable(pattern->pattern))
            .with_hint(fmt::format("'aic-image tags {}' lists them", pattern->repository));
    auto chosen = pattern->with_tag(*newest);
    inform("{} is the newest that fits '{}'", chosen.str(), oci::printable(pattern->pattern));
    return chosen;
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/nearest_tags.hpp"

#include "core/edit_distance.hpp"

#include <algorithm>
#include <tuple>

namespace aic::registry {

constexpr std::size_t k_most_tags = 20'000; // beyond that the answer is not worth the time
constexpr std::size_t k_longest_tag = 128;

std::vector<std::string> nearest_tags(std::span<const std::string> tags, std::string_view wanted,
                                      std::size_t count) {
    using Candidate = std::tuple<std::size_t, std::size_t, std::string_view>;
    std::vector<Candidate> candidates;
    for (const std::string_view tag : tags.first(std::min(tags.size(), k_most_tags)))
        if (tag.size() <= k_longest_tag)
            candidates.emplace_back(edit_distance(tag, wanted), tag.size(), tag);
    std::ranges::sort(candidates);
    std::vector<std::string> nearest;
    for (const auto& candidate : candidates)
        if (nearest.size() < count)
            nearest.emplace_back(std::get<2>(candidate));
    return nearest;
}

} // namespace aic::registry

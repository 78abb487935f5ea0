// SPDX-License-Identifier: Apache-2.0
#include "core/edit_distance.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace aic {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        auto diagonal = row[0]++;
        for (std::size_t k = 0; k < b.size(); ++k) {
            const auto replaced = diagonal + (a[i] == b[k] ? 0 : 1);
            diagonal = row[k + 1];
            row[k + 1] = std::min({replaced, diagonal + 1, row[k] + 1});
        }
    }
    return row.back();
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
    const auto tolerated = std::max<std::size_t>(2, word.size() / 3);
    const std::string* best = nullptr;
    std::size_t best_distance = tolerated + 1;
    for (const auto& candidate : candidates)
        if (const auto distance = edit_distance(word, candidate); distance < best_distance) {
            best = &candidate;
            best_distance = distance;
        }
    return best ? std::optional(*best) : std::nullopt;
}

} // namespace aic

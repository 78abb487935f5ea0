// SPDX-License-Identifier: Apache-2.0
#include "cli/fetched_from.hpp"

#include "core/bytes.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace aic::cli {

static std::vector<std::pair<std::string, std::uint64_t>>
most_first(const registry::FetchedBytes& fetched) {
    std::vector<std::pair<std::string, std::uint64_t>> places(fetched.begin(), fetched.end());
    std::ranges::stable_sort(places, std::greater(),
                             [](const auto& place) { return place.second; });
    return places;
}

std::string fetched_line(const builder::ImportResult& result, const oci::Reference& reference) {
    const auto& fetched = result.fetched;
    const auto* image = reference.registry();
    if (fetched.empty() || (fetched.size() == 1 && image && fetched.contains(image->registry)))
        return "";
    std::vector<std::string> words;
    for (const auto& [place, bytes] : most_first(fetched))
        words.push_back(fmt::format("{} from {}", human_size(bytes), place));
    return fmt::format("\n  {}", fmt::join(words, ", "));
}

nlohmann::json fetched_json(const builder::ImportResult& result) {
    auto places = nlohmann::json::array();
    for (const auto& [place, bytes] : most_first(result.fetched))
        places.push_back({{"from", place}, {"size_bytes", bytes}});
    return places;
}

} // namespace aic::cli

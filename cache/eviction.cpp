// SPDX-License-Identifier: Apache-2.0
#include "cache/eviction.hpp"

#include "core/bytes.hpp"
#include "core/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

namespace aic::cache {

namespace {

class Choice {
public:
    Choice(const std::vector<ImageFacts>& images, const EvictionOptions& options)
        : options_(options)
        , newest_(newest_of_each(images, options.keep_newest))
        , total_bytes_(std::accumulate(
              images.begin(), images.end(), std::uint64_t{0},
              [](std::uint64_t sum, const ImageFacts& image) { return sum + image.size_bytes; })) {}

    /// To be asked for the images in the order in which they go.
    Decision about(const ImageFacts& image) {
        if (auto protection = protection_of(image))
            return {image, Verdict::keep, std::move(*protection)};
        auto decision = by_limits(image);
        if (decision.verdict == Verdict::remove)
            total_bytes_ -= image.size_bytes;
        return decision;
    }

private:
    static std::set<ImageKey> newest_of_each(const std::vector<ImageFacts>& images,
                                             std::size_t count) {
        std::map<std::string, std::vector<const ImageFacts*>> repositories;
        for (const auto& image : images)
            repositories[image.repository].push_back(&image);
        std::set<ImageKey> newest;
        for (auto& [repository, members] : repositories) {
            std::ranges::sort(members, [](const ImageFacts* a, const ImageFacts* b) {
                return std::tie(b->created_seconds, a->id, a->variant)
                       < std::tie(a->created_seconds, b->id, b->variant);
            });
            for (std::size_t i = 0; i < std::min(count, members.size()); ++i)
                newest.insert({members[i]->id, members[i]->variant});
        }
        return newest;
    }

    std::chrono::seconds idle(const ImageFacts& image) const {
        return std::chrono::seconds(options_.now_seconds - image.active_seconds());
    }

    std::optional<std::string> protection_of(const ImageFacts& image) const {
        if (!image.holders.empty())
            return "held by " + to_text(image.holders);
        if (idle(image) < options_.min_age)
            return fmt::format("{} {} ago", image.used_seconds ? "used" : "made",
                               human_duration(idle(image)));
        if (newest_.contains({image.id, image.variant}))
            return "among the newest of its repository";
        return std::nullopt;
    }

    Decision by_limits(const ImageFacts& image) const {
        const bool has_limits = options_.max_age || options_.max_size_bytes;
        if (!has_limits || (options_.max_age && idle(image) >= *options_.max_age))
            return {image, Verdict::remove,
                    fmt::format("not used for {}", human_duration(idle(image)))};
        if (options_.max_size_bytes && total_bytes_ > *options_.max_size_bytes)
            return {image, Verdict::remove,
                    fmt::format("to fit into {}", human_size(*options_.max_size_bytes))};
        return {image, Verdict::keep, "within the limits"};
    }

    const EvictionOptions& options_;
    const std::set<ImageKey> newest_;
    std::uint64_t total_bytes_;
};

} // namespace

std::vector<Decision> choose(std::vector<ImageFacts> images, const EvictionOptions& options) {
    std::ranges::sort(images, [](const ImageFacts& a, const ImageFacts& b) {
        return std::tuple(a.active_seconds(), a.id, a.variant)
               < std::tuple(b.active_seconds(), b.id, b.variant);
    });
    Choice choice(images, options);
    std::vector<Decision> decisions;
    decisions.reserve(images.size());
    for (const auto& image : images)
        decisions.push_back(choice.about(image));
    return decisions;
}

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#include "cache/eviction.hpp"

#include <gmock/gmock.h>

#include <map>
#include <random>

namespace aic::cache {

using namespace std::chrono_literals;

constexpr std::int64_t k_now = 1'800'000'000;
constexpr std::int64_t k_day = 86400;
const Holder k_pin{Holder::Kind::pin, ""};

/// An image of 10 bytes that was made so many days ago and never used.
ImageFacts image_of(std::string_view name, std::int64_t days_old,
                    std::string_view repository = "r") {
    return {.id = ImageId(sha256_of(name)),
            .variant = "zstd1-128k",
            .reference = std::string(name),
            .repository = std::string(repository),
            .size_bytes = 10,
            .created_seconds = k_now - days_old * k_day};
}

EvictionOptions options_of() {
    return {.now_seconds = k_now, .min_age = 14 * 24h};
}

/// The references of what goes, in order.
std::vector<std::string> removed(const std::vector<ImageFacts>& images,
                                 const EvictionOptions& options) {
    std::vector<std::string> references;
    for (const auto& decision : choose(images, options))
        if (decision.verdict == Verdict::remove)
            references.push_back(decision.image.reference);
    return references;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(EvictionTest, without_limits_all_goes_that_may_go_the_oldest_first) {
    EXPECT_THAT(removed({image_of("a", 20), image_of("b", 40), image_of("c", 13)}, options_of()),
                ElementsAre("b", "a"));
}

TEST(EvictionTest, what_is_held_stays_and_the_reason_says_by_whom) {
    auto held = image_of("a", 400);
    held.holders = {{Holder::Kind::name, "exp"}, k_pin};
    const auto decisions = choose({held}, options_of());
    EXPECT_EQ(decisions.front().verdict, Verdict::keep);
    EXPECT_EQ(decisions.front().reason, "held by the name 'exp', a pin");
}

TEST(EvictionTest, a_use_makes_an_old_image_young) {
    auto used = image_of("a", 400);
    used.used_seconds = k_now - 3 * k_day;
    EXPECT_THAT(removed({used}, options_of()), IsEmpty());
    EXPECT_EQ(choose({used}, options_of()).front().reason, "used 3 d ago");
}

TEST(EvictionTest, an_age_takes_only_what_is_older) {
    auto options = options_of();
    options.max_age = 30 * 24h;
    EXPECT_THAT(removed({image_of("a", 20), image_of("b", 30), image_of("c", 29)}, options),
                ElementsAre("b"));
}

TEST(EvictionTest, a_size_takes_the_least_recently_used_until_all_fit) {
    auto held = image_of("held", 400);
    held.holders = {k_pin};
    auto options = options_of();
    options.max_size_bytes = 25;
    EXPECT_THAT(removed({held, image_of("a", 20), image_of("b", 40), image_of("c", 30)}, options),
                ElementsAre("b", "c"));
    options.max_size_bytes = 40;
    EXPECT_THAT(removed({held, image_of("a", 20), image_of("b", 40), image_of("c", 30)}, options),
                IsEmpty());
}

TEST(EvictionTest, with_both_limits_either_is_enough_to_go) {
    auto options = options_of();
    options.max_age = 60 * 24h;
    options.max_size_bytes = 20;
    EXPECT_THAT(
        removed({image_of("a", 70), image_of("b", 40), image_of("c", 30), image_of("d", 20)},
                options),
        ElementsAre("a", "b"));
}

TEST(EvictionTest, the_newest_of_each_repository_stay) {
    auto options = options_of();
    options.keep_newest = 1;
    EXPECT_THAT(
        removed({image_of("a", 40), image_of("b", 30), image_of("c", 50, "other")}, options),
        ElementsAre("a"));
}

TEST(EvictionTest, the_order_does_not_depend_on_that_of_the_images) {
    std::vector<ImageFacts> images;
    for (const char* name : {"a", "b", "c", "d", "e"})
        images.push_back(image_of(name, 30));
    const auto once = removed(images, options_of());
    std::ranges::reverse(images);
    EXPECT_EQ(removed(images, options_of()), once);
}

TEST(EvictionTest, whatever_is_asked_for_no_held_or_young_image_goes) {
    std::mt19937 random(20260101);
    const auto number = [&](int below) {
        return std::uniform_int_distribution<int>(0, below - 1)(random);
    };
    for (int round = 0; round < 2000; ++round) {
        std::vector<ImageFacts> images;
        std::uint64_t total_bytes = 0;
        for (int i = number(12); i >= 0; --i) {
            auto image = image_of(std::to_string(i), number(60), number(2) ? "r" : "s");
            image.size_bytes = static_cast<std::uint64_t>(number(100));
            if (number(3) == 0)
                image.used_seconds = k_now - number(60) * k_day + 7200;
            if (number(4) == 0)
                image.holders = {k_pin};
            total_bytes += image.size_bytes;
            images.push_back(std::move(image));
        }
        auto options = options_of();
        options.min_age = number(30) * 24h;
        if (number(2))
            options.max_age = number(60) * 24h;
        if (number(2))
            options.max_size_bytes = static_cast<std::uint64_t>(number(600));
        options.keep_newest = static_cast<std::size_t>(number(3));

        const auto decisions = choose(images, options);
        ASSERT_EQ(decisions.size(), images.size());
        bool could_have_gone = false;
        std::map<std::string, std::size_t> kept_of_repository;
        for (const auto& [image, verdict, reason] : decisions) {
            EXPECT_FALSE(reason.empty());
            const auto idle = std::chrono::seconds(k_now - image.active_seconds());
            const bool is_protected = !image.holders.empty() || idle < options.min_age;
            if (verdict == Verdict::keep) {
                ++kept_of_repository[image.repository];
                could_have_gone |= reason == "within the limits";
                continue;
            }
            EXPECT_FALSE(is_protected) << reason;
            total_bytes -= image.size_bytes;
        }
        if (options.max_size_bytes && could_have_gone) {
            EXPECT_LE(total_bytes, *options.max_size_bytes);
        }
        for (const auto& image : images)
            EXPECT_GE(kept_of_repository[image.repository],
                      std::min<std::size_t>(options.keep_newest, 1));
    }
}

} // namespace aic::cache

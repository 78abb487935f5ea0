// SPDX-License-Identifier: Apache-2.0
#include "registry/version_order.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace aic::registry {

static bool is_older(const std::string& a, const std::string& b) {
    return compare_versions(a, b) < 0;
}

/// Each list from the oldest to the newest.
const std::vector<std::vector<std::string>> k_in_order = {
    {"22.02-tf2-py3", "22.12-tf2-py3", "23.01-tf2-py3"},
    {"1.9", "1.10", "2"},
    {"1.0-dev3", "1.0-alpha", "1.0-beta.2", "1.0-rc1", "1.0-rc2", "1.0-rc10", "1.0", "1.0.1"},
    {"1.0RC1", "1.0", "1.0-slim", "1.0.1"},
    {"24.05-tf1-py3", "24.05-tf2-py3"},
    {"20231231", "20240101"},
    {"2023-12-31", "2024-01-02", "2024-10-01"},
    {"edge", "latest", "22.04"},
    {"v1.9.0", "1.10.0", "v1.11.0"},
    {"9", "99999999999999999999999999999998", "99999999999999999999999999999999"},
    {"", "a"},
};

TEST(VersionOrderTest, versions_are_compared_as_people_read_them) {
    for (const auto& tags : k_in_order)
        for (std::size_t i = 0; i < tags.size(); ++i)
            for (std::size_t j = 0; j < tags.size(); ++j)
                EXPECT_EQ(compare_versions(tags[i], tags[j]), i <=> j)
                    << tags[i] << " and " << tags[j];
}

TEST(VersionOrderTest, different_spellings_of_one_version_still_have_an_order) {
    const std::pair<const char*, const char*> spellings[] = {
        {"1.0", "1-0"}, {"v1", "1"}, {"01", "1"}, {"RC", "rc"}};
    for (const auto& [a, b] : spellings)
        EXPECT_NE(is_older(a, b), is_older(b, a)) << a << " and " << b;
    EXPECT_FALSE(is_older("1.0", "1.0"));
}

TEST(VersionOrderTest, it_is_one_order_over_all_tags) {
    std::vector<std::string> tags;
    for (const auto& list : k_in_order)
        tags.insert(tags.end(), list.begin(), list.end());
    for (const auto& a : tags)
        for (const auto& b : tags)
            for (const auto& c : tags) {
                const bool in_order = is_older(a, b) && is_older(b, c);
                EXPECT_TRUE(!in_order || is_older(a, c)) << a << " " << b << " " << c;
            }
}

TEST(VersionOrderTest, sorting_puts_the_newest_last) {
    std::vector<std::string> tags = {"22.12", "latest", "23.01", "22.02"};
    sort_by_version(tags);
    EXPECT_THAT(tags, ::testing::ElementsAre("latest", "22.02", "22.12", "23.01"));
}

} // namespace aic::registry

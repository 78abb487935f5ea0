// SPDX-License-Identifier: Apache-2.0
#include "core/edit_distance.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace aic {

TEST(EditDistanceTest, it_counts_single_changes) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("22.02-py3", "22.20-py3"), 2U);
}

TEST(NearestTest, a_slip_of_the_hand_is_recognised_and_another_word_is_not) {
    const std::vector<std::string> verbs = {"pull", "list", "inspect"};
    EXPECT_EQ(nearest("pul", verbs), "pull");
    EXPECT_EQ(nearest("insepct", verbs), "inspect");
    EXPECT_EQ(nearest("frobnicate", verbs), std::nullopt);
}

} // namespace aic

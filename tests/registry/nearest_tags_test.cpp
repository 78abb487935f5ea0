// SPDX-License-Identifier: Apache-2.0
#include "registry/nearest_tags.hpp"

#include <gtest/gtest.h>

namespace aic::registry {

TEST(NearestTagsTest, the_nearest_come_first_and_the_shorter_of_two) {
    const std::vector<std::string> tags = {"latest", "12-slim", "12", "11", "22.02-tf2-py3"};
    EXPECT_EQ(nearest_tags(tags, "13", 2), (std::vector<std::string>{"11", "12"}));
    EXPECT_EQ(nearest_tags(tags, "22.03-tf2-py3", 1), std::vector<std::string>{"22.02-tf2-py3"});
    EXPECT_TRUE(nearest_tags({}, "x", 3).empty());
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/rate_limit.hpp"

#include <gtest/gtest.h>

namespace aic::registry {

static std::string shown(std::string_view limit, std::string_view remaining) {
    const auto found = parse_rate_limit(limit, remaining);
    return found ? found->str() : "";
}

TEST(RateLimitTest, it_is_shown_with_its_window) {
    EXPECT_EQ(shown("100;w=21600", "12;w=21600"), "12 of 100 requests in 6 h are left");
    EXPECT_EQ(shown("200;w=900", "0"), "0 of 200 requests in 15 min are left");
    EXPECT_EQ(shown("10", "3"), "3 of 10 requests are left");
}

TEST(RateLimitTest, values_of_another_kind_are_no_limit) {
    for (const char* value : {"", "x", "-1", "100;", "100;w=", "100;w=x", "100;w=1;", "100, 200",
                              "99999999999999999999", "1;w=99999999999999999"}) {
        EXPECT_EQ(shown(value, "1"), "") << value;
        EXPECT_EQ(shown("1", value), "") << value;
    }
}

TEST(RateLimitTest, a_tenth_is_low) {
    EXPECT_TRUE(parse_rate_limit("100", "10")->is_low());
    EXPECT_TRUE(parse_rate_limit("5", "0")->is_low());
    EXPECT_FALSE(parse_rate_limit("100", "11")->is_low());
}

} // namespace aic::registry

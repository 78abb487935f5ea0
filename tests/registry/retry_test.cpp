// SPDX-License-Identifier: Apache-2.0
#include "registry/retry.hpp"

#include <gtest/gtest.h>

namespace aic::registry {

using namespace std::chrono_literals;

TEST(RetryTest, only_what_may_pass_is_tried_again) {
    for (const int status : {408, 425, 429, 500, 502, 503, 504, 599})
        EXPECT_TRUE(is_transient(status)) << status;
    for (const int status : {0, 200, 206, 301, 400, 401, 403, 404, 410, 416, 501, 600})
        EXPECT_FALSE(is_transient(status)) << status;
}

TEST(RetryTest, retry_after_is_seconds_or_a_date) {
    const auto now = std::chrono::system_clock::from_time_t(784111777); // RFC 9110's example
    EXPECT_EQ(parse_retry_after("0", now), 0ms);
    EXPECT_EQ(parse_retry_after("120", now), 120s);
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:39 GMT", now), 2s);
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0ms);
    EXPECT_GT(parse_retry_after("99999999999999999999", now), 24h);
    for (const char* text : {"", "soon", "-1", "1.5"})
        EXPECT_FALSE(parse_retry_after(text, now)) << text;
}

TEST(RetryTest, waits_double_up_to_a_longest_one) {
    const RetryPolicy policy{.first_delay = 1s, .longest_delay = 5s};
    EXPECT_EQ(retry_delay(policy, 1, {}, 0.5), 500ms);
    EXPECT_EQ(retry_delay(policy, 2, {}, 0.5), 1s);
    EXPECT_EQ(retry_delay(policy, 3, {}, 0.5), 2s);
    EXPECT_EQ(retry_delay(policy, 4, {}, 0.5), 2500ms);
    EXPECT_EQ(retry_delay(policy, 7, {}, 0.5), 2500ms);
    EXPECT_EQ(retry_delay(policy, 1, {}, 0), 0ms);
}

TEST(RetryTest, what_the_server_asks_for_is_a_floor) {
    EXPECT_EQ(retry_delay({}, 1, 2s, 0), 2s);
    EXPECT_EQ(retry_delay({}, 1, 2s, 0.5), 2500ms);
}

TEST(RetryTest, patience_ends) {
    const RetryPolicy policy{.longest_retry_after = 60s, .attempts = 3};
    EXPECT_TRUE(retry_delay(policy, 2, 60s, 0));
    EXPECT_FALSE(retry_delay(policy, 3, {}, 0));
    EXPECT_FALSE(retry_delay(policy, 1, 61s, 0));
}

TEST(RetryTest, a_hosts_budget_is_refilled_by_what_it_sends) {
    RetryBudget budget({.attempts_at_host = 2});
    EXPECT_TRUE(budget.spend());
    budget.refill();
    EXPECT_TRUE(budget.spend());
    EXPECT_FALSE(budget.spend());
}

} // namespace aic::registry

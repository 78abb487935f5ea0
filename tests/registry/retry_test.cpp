// SPDX-License-Identifier: Apache-2.0
#include "registry/hosts.hpp"
#include "registry/retry.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace aic::registry {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::system_clock;

static std::optional<milliseconds> delay(const Failure& failure, double random) {
    return retry_delay(failure, {}, random);
}

TEST(RetryTest, answers_for_the_moment_are_told_from_those_for_good) {
    for (const int status : {408, 425, 429, 500, 502, 503, 504})
        EXPECT_TRUE(is_passing(status)) << status;
    for (const int status : {200, 206, 304, 400, 401, 403, 404, 416, 501, 505})
        EXPECT_FALSE(is_passing(status)) << status;
}

TEST(RetryTest, retry_after_is_seconds_or_a_date) {
    const auto now = system_clock::from_time_t(784'111'777); // 06 Nov 1994 08:49:37 GMT
    const std::pair<const char*, std::optional<milliseconds>> cases[] = {
        {"0", 0ms},
        {"2", 2s},
        {"99999999999999999999", 1'000'000'000s},
        {"Sun, 06 Nov 1994 08:49:47 GMT", 10s},
        {"Sunday, 06-Nov-94 08:50:37 GMT", 60s},
        {"Sun Nov  6 08:49:38 1994", 1s},
        {"Sun, 06 Nov 1994 08:00:00 GMT", 0ms},
        {"Sat, 24 Dec 4994 00:00:00 GMT", 1'000'000'000s},
        {"", std::nullopt},
        {"soon", std::nullopt},
        {"-1", std::nullopt},
    };
    for (const auto& [value, expected] : cases)
        EXPECT_EQ(parse_retry_after(value, now), expected) << value;
}

TEST(RetryTest, delays_double_up_to_a_limit_and_are_shares_of_it) {
    EXPECT_EQ(delay({.attempts = 0}, 0.5), 250ms);
    EXPECT_EQ(delay({.attempts = 1}, 0.5), 500ms);
    EXPECT_EQ(delay({.attempts = 2}, 0.5), 1s);
    EXPECT_EQ(delay({.attempts = 7}, 0.5), 15s);
    EXPECT_EQ(delay({.attempts = 7}, 0), 0ms);
    EXPECT_EQ(retry_delay({.attempts = 5000}, {.max_attempts = 10'000}, 0.5), 15s);
}

TEST(RetryTest, where_another_place_can_be_asked_silence_is_not_waited_for) {
    const auto mirror = policy_for_mirror({});
    for (const auto trouble : {Trouble::unreachable, Trouble::stalled})
        EXPECT_EQ(retry_delay({trouble, 0, true}, mirror, 0.5), std::nullopt);
    for (const auto trouble : {Trouble::connection, Trouble::refused_for_now}) {
        EXPECT_TRUE(retry_delay({trouble, 1, true}, mirror, 0.5));
        EXPECT_FALSE(retry_delay({trouble, 2, true}, mirror, 0.5));
    }
    EXPECT_FALSE(retry_delay({Trouble::refused_for_now, 0, true, 60s}, mirror, 0.5));
    EXPECT_LE(mirror.connect_time, 5s);
    EXPECT_LE(mirror.stall_time, 10s);
    EXPECT_EQ(policy_for_mirror({.max_attempts = 0}).max_attempts, 0);
}

TEST(RetryTest, there_is_an_end_of_attempts) {
    EXPECT_EQ(delay({.attempts = 8}, 0.5), std::nullopt);
    EXPECT_EQ(retry_delay({}, {.max_attempts = 0}, 0.5), std::nullopt);
}

TEST(RetryTest, the_wait_is_on_top_of_retry_after_unless_that_is_too_much) {
    const auto refused = [](milliseconds wait) {
        return Failure{
            .trouble = Trouble::refused_for_now, .host_answered = true, .retry_after = wait};
    };
    EXPECT_EQ(delay(refused(37s), 0), 37s);
    EXPECT_EQ(delay(refused(37s), 0.9), 37s + 450ms);
    EXPECT_EQ(delay(refused(15min), 0), 15min);
    EXPECT_EQ(delay(refused(6h), 0.9), std::nullopt);
}

TEST(RetryTest, only_a_host_that_has_answered_is_waited_for_when_it_cannot_be_reached) {
    EXPECT_EQ(delay({.trouble = Trouble::unreachable}, 0.5), std::nullopt);
    EXPECT_EQ(delay({.trouble = Trouble::unreachable, .host_answered = true}, 0.5), 250ms);
}

TEST(HostsTest, the_budget_of_a_host_is_used_up_and_earned_by_bytes) {
    Hosts hosts({.host_budget = 2, .bytes_per_repetition = 100});
    EXPECT_TRUE(hosts.take_repetition("a"));
    EXPECT_TRUE(hosts.take_repetition("a"));
    EXPECT_FALSE(hosts.take_repetition("a"));
    EXPECT_TRUE(hosts.take_repetition("b"));
    hosts.note_bytes("a", 99);
    EXPECT_FALSE(hosts.take_repetition("a"));
    hosts.note_bytes("a", 1);
    EXPECT_TRUE(hosts.take_repetition("a"));
    hosts.note_bytes("a", 100'000); // never more than at the start
    EXPECT_TRUE(hosts.take_repetition("a"));
    EXPECT_TRUE(hosts.take_repetition("a"));
    EXPECT_FALSE(hosts.take_repetition("a"));
}

TEST(HostsTest, a_host_is_closed_until_the_latest_time_it_asked_for) {
    Hosts hosts({});
    const auto now = std::chrono::steady_clock::now();
    EXPECT_LT(hosts.open_at("a"), now);
    hosts.close_until("a", now + 2s);
    hosts.close_until("a", now + 1s);
    EXPECT_EQ(hosts.open_at("a"), now + 2s);
    EXPECT_LT(hosts.open_at("b"), now);
}

} // namespace aic::registry

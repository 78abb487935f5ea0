// SPDX-License-Identifier: Apache-2.0
#include "registry/connection_limit.hpp"

#include <gtest/gtest.h>

namespace aic::registry {

using namespace std::chrono_literals;

TEST(ConnectionLimitTest, connections_are_added_as_long_as_they_help) {
    ConnectionLimit::TimePoint now{};
    ConnectionLimit limit(now);
    EXPECT_EQ(limit.connections(), 4U);
    for (std::uint64_t second = 1; second <= 3; ++second)
        limit.note(second * 1'000'000, now += 1s);
    EXPECT_EQ(limit.connections(), 7U);
    limit.note(3'050'000, now += 1s); // hardly more
    limit.note(9'000'000, now += 1s);
    EXPECT_EQ(limit.connections(), 7U);
}

TEST(ConnectionLimitTest, there_is_an_end_of_it) {
    ConnectionLimit::TimePoint now{};
    ConnectionLimit limit(now);
    for (std::uint64_t second = 1; second <= 40; ++second)
        limit.note(1'000'000ULL << (second / 2), now += 500ms);
    EXPECT_EQ(limit.connections(), 12U);
}

} // namespace aic::registry

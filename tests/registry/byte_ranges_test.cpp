// SPDX-License-Identifier: Apache-2.0
#include "registry/byte_ranges.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace aic::registry {

TEST(ByteRangesTest, they_agree_with_a_set_of_bytes_whatever_is_added) {
    constexpr std::uint64_t k_size = 60;
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        ByteRanges ranges;
        std::set<std::uint64_t> bytes;
        for (int i = 0; i < 12; ++i) {
            const auto begin = random() % k_size;
            const auto end = std::min<std::uint64_t>(k_size, begin + random() % 12);
            ranges.add({begin, end});
            for (auto byte = begin; byte < end; ++byte)
                bytes.insert(byte);
        }
        ASSERT_EQ(ranges.total(), bytes.size());
        std::uint64_t prefix = 0;
        while (bytes.contains(prefix))
            ++prefix;
        ASSERT_EQ(ranges.prefix(), prefix);
        auto filled = ranges;
        std::uint64_t missing = 0;
        for (const auto& gap : ranges.gaps({5, 50})) {
            ASSERT_FALSE(bytes.contains(gap.begin));
            missing += gap.size();
            filled.add(gap);
        }
        ASSERT_EQ(filled.total(), bytes.size() + missing);
        ASSERT_TRUE(filled.gaps({5, 50}).empty());
    }
}

TEST(ByteRangesTest, neighbours_become_one) {
    ByteRanges ranges;
    ranges.add({0, 5});
    ranges.add({10, 15});
    ranges.add({5, 10});
    ASSERT_EQ(ranges.list().size(), 1U);
    EXPECT_EQ(ranges.list()[0], (ByteRange{0, 15}));
}

} // namespace aic::registry

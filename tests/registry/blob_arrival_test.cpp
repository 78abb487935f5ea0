// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_arrival.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

namespace aic::registry {

constexpr std::uint64_t k_mib = 1 << 20;

class Counter final : public BlobArrival::Listener {
public:
    void blob_changed() noexcept override { ++count; }

    int count = 0;
};

TEST(BlobArrivalTest, a_good_part_or_the_rest_is_worth_reading) {
    BlobArrival arrival(10 * k_mib);
    EXPECT_FALSE(arrival.is_worth_reading(0, 0));
    arrival.advance(k_mib);
    EXPECT_TRUE(arrival.is_worth_reading(0, 0));
    EXPECT_FALSE(arrival.is_worth_reading(k_mib - 1, 0));
    arrival.advance(10 * k_mib);
    EXPECT_TRUE(arrival.is_worth_reading(10 * k_mib - 1, 0));
    EXPECT_FALSE(arrival.is_worth_reading(10 * k_mib, 0)); // whether it is right is not known
    arrival.complete();
    EXPECT_TRUE(arrival.is_worth_reading(10 * k_mib, 0));
}

TEST(BlobArrivalTest, a_small_blob_is_worth_reading_when_it_is_there) {
    BlobArrival arrival(10);
    arrival.advance(9);
    EXPECT_FALSE(arrival.is_worth_reading(0, 0));
    arrival.advance(10);
    EXPECT_TRUE(arrival.is_worth_reading(0, 0));
}

TEST(BlobArrivalTest, who_reads_an_earlier_round_or_after_a_failure_is_told) {
    BlobArrival arrival(10 * k_mib);
    arrival.advance(k_mib);
    arrival.begin_anew();
    EXPECT_EQ(arrival.state().readable_bytes, 0U);
    EXPECT_TRUE(arrival.is_worth_reading(k_mib, 0));
    EXPECT_FALSE(arrival.is_worth_reading(0, 1));
    arrival.fail(std::make_exception_ptr(std::runtime_error("cut")));
    EXPECT_TRUE(arrival.is_worth_reading(0, 1));
    EXPECT_TRUE(arrival.state().is_over());
    EXPECT_FALSE(arrival.state().is_complete);
}

TEST(BlobArrivalTest, listeners_are_told_of_good_parts_and_of_every_end_but_not_of_every_byte) {
    BlobArrival arrival(2 * k_mib);
    Counter counter;
    {
        const BlobArrival::Subscription subscription(arrival, counter);
        for (std::uint64_t bytes = 1024; bytes <= k_mib; bytes += 1024)
            arrival.advance(bytes);
        EXPECT_EQ(counter.count, 4);
        arrival.advance(2 * k_mib);
        EXPECT_EQ(counter.count, 5);
        arrival.begin_anew();
        EXPECT_EQ(counter.count, 6);
        arrival.advance(2 * k_mib);
        arrival.complete();
        EXPECT_EQ(counter.count, 8);
    }
    arrival.complete();
    EXPECT_EQ(counter.count, 8);
}

} // namespace aic::registry

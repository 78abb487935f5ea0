// SPDX-License-Identifier: Apache-2.0
#include "cache/afresh.hpp"
#include "tests/support/sample_store.hpp"

#include <gtest/gtest.h>

namespace fs = std::filesystem;

namespace aic::cache {

TEST(AfreshTest, what_is_in_a_store_is_there_until_it_is_removed) {
    testing::SampleStore sample;
    const auto record = sample.add("a").record;
    const auto variant = sample.layout().variant(record.id, record.variant);
    EXPECT_TRUE(is_there(sample.layout(), variant));
    fs::remove_all(variant);
    EXPECT_FALSE(is_there(sample.layout(), variant));
    fs::remove_all(sample.layout().subtree());
    EXPECT_FALSE(is_there(sample.layout(), variant));
}

TEST(AfreshTest, a_symlink_is_there_wherever_it_leads) {
    testing::SampleStore sample;
    const auto link = sample.layout().subtree() / "link";
    fs::create_symlink("nowhere", link);
    EXPECT_TRUE(is_there(sample.layout(), link));
}

} // namespace aic::cache

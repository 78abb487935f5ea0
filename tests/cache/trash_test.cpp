// SPDX-License-Identifier: Apache-2.0
#include "cache/trash.hpp"
#include "tests/support/race.hpp"
#include "tests/support/sample_store.hpp"

#include <gmock/gmock.h>

#include <ctime>

namespace fs = std::filesystem;

namespace aic::cache {

using namespace std::chrono_literals;

class TrashTest : public ::testing::Test {
protected:
    testing::SampleStore sample;
    Trash trash{sample.layout()};
    const Record record = sample.add("a").record;
};

TEST_F(TrashTest, what_is_put_there_is_out_of_the_store) {
    EXPECT_TRUE(trash.put(record.id, record.variant));
    EXPECT_FALSE(sample.has(record.id));
    EXPECT_FALSE(fs::exists(sample.layout().image(record.id)));
    const auto found = trash.find(record.id, record.variant);
    ASSERT_TRUE(found);
    EXPECT_NEAR(static_cast<double>(found->removed_seconds),
                static_cast<double>(std::time(nullptr)), 5);
    EXPECT_EQ(read_image(found->directory)->record.id, record.id);
    EXPECT_FALSE(trash.put(record.id, record.variant));
}

TEST_F(TrashTest, it_comes_back_as_it_was) {
    trash.put(record.id, record.variant);
    EXPECT_TRUE(trash.bring_back(record.id, record.variant));
    EXPECT_EQ(read_file_if_exists(sample.store.find(record.id, record.variant)->file(), 100),
              "bytes");
    EXPECT_TRUE(trash.list().empty());
    EXPECT_TRUE(fs::is_empty(sample.layout().trash()));
    EXPECT_TRUE(trash.bring_back(record.id, record.variant)); // it is there
}

TEST_F(TrashTest, one_variant_leaves_the_other) {
    auto other = record;
    other.variant = "lz4-128k";
    sample.add(other);
    trash.put(record.id, record.variant);
    EXPECT_TRUE(sample.has(record.id, "lz4-128k"));
    EXPECT_FALSE(sample.has(record.id));
}

TEST_F(TrashTest, of_several_removals_the_last_comes_back) {
    trash.put(record.id, record.variant);
    sample.add(record, "again");
    trash.put(record.id, record.variant);
    EXPECT_EQ(trash.list().size(), 2U);
    trash.bring_back(record.id, record.variant);
    EXPECT_EQ(trash.list().size(), 1U);
}

TEST_F(TrashTest, what_is_discarded_is_gone) {
    trash.put(record.id, record.variant);
    EXPECT_TRUE(trash.entries_older_than(1h, std::time(nullptr)).empty());
    const auto entries = trash.entries_older_than(1h, std::time(nullptr) + 3601);
    ASSERT_EQ(entries.size(), 1U);
    trash.discard(entries.front());
    trash.discard(entries.front()); // somebody else was first
    EXPECT_FALSE(trash.bring_back(record.id, record.variant));
    EXPECT_TRUE(fs::is_empty(sample.layout().temporary()));
}

TEST_F(TrashTest, what_is_no_entry_stays) {
    fs::create_directories(sample.layout().trash() / "notes");
    EXPECT_TRUE(trash.list().empty());
    EXPECT_TRUE(trash.entries_older_than(0s, std::time(nullptr)).empty());
}

TEST_F(TrashTest, an_image_that_many_remove_and_restore_is_never_lost) {
    testing::race(8, [&](int process) {
        for (int round = 0; round < 8; ++round)
            if (process % 2)
                trash.put(record.id, record.variant);
            else
                trash.bring_back(record.id, record.variant);
        return 0;
    });
    EXPECT_TRUE(trash.bring_back(record.id, record.variant));
    EXPECT_TRUE(sample.has(record.id));
}

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#include "cache/repair.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/sealed.hpp"
#include "tests/support/whole_store.hpp"

namespace fs = std::filesystem;

namespace aic::cache {

using testing::flip_bit;

class RepairTest : public ::testing::Test {
protected:
    Verified verified() const { return verify(store.layout(), {}, {}); }

    /// Mends what there is to mend and returns what was done about this path.
    std::string mended(const fs::path& path) const {
        std::string what;
        for (const auto& done : repair(store.store, verified(), {}))
            if (done.path == path)
                what = done.what;
        EXPECT_TRUE(verified().faults.empty());
        return what;
    }

    testing::WholeStore store;
};

TEST_F(RepairTest, a_damaged_image_goes_and_others_stay) {
    flip_bit(store.file(), 5000);
    EXPECT_THAT(mended(store.directory_of(store.image)),
                ::testing::HasSubstr("'aic-image pull docker.io/library/ubuntu:22.04"));
    EXPECT_FALSE(fs::exists(store.directory_of(store.image)));
    EXPECT_TRUE(fs::exists(store.directory_of(store.other)));
}

TEST_F(RepairTest, an_image_whose_record_is_damaged_is_known_by_its_references) {
    flip_bit(store.record(), 0);
    EXPECT_THAT(mended(store.directory_of(store.image)),
                ::testing::HasSubstr("'aic-image pull docker.io/library/ubuntu:22.04'"));
}

TEST_F(RepairTest, an_image_that_has_been_made_again_meanwhile_stays) {
    flip_bit(store.file(), 5000);
    const auto found = verified();
    flip_bit(store.file(), 5000);
    EXPECT_TRUE(repair(store.store, found, {}).empty());
    EXPECT_TRUE(fs::exists(store.file()));
}

TEST_F(RepairTest, a_mode_is_set_again) {
    fs::permissions(store.file(), fs::perms::owner_write, fs::perm_options::add);
    EXPECT_EQ(mended(store.file()), "it has its mode again");
    EXPECT_TRUE(fs::exists(store.file()));
}

TEST_F(RepairTest, a_damaged_reference_goes) {
    flip_bit(store.reference(), 0);
    EXPECT_FALSE(mended(store.reference()).empty());
    EXPECT_FALSE(fs::exists(store.reference()));
}

TEST_F(RepairTest, a_damaged_name_goes_on_with_what_it_was_before) {
    flip_bit(store.state(2), 0);
    EXPECT_FALSE(mended(store.layout().name("exp")).empty());
    const auto state = Names(store.layout()).find(store.name).value();
    EXPECT_EQ(state.id, store.other.record.id);
    EXPECT_EQ(state.number, 3U);
}

TEST_F(RepairTest, damage_in_the_past_of_a_name_leaves_its_present) {
    flip_bit(store.state(1), 0);
    EXPECT_EQ(mended(store.state(1)), "removed");
    EXPECT_EQ(Names(store.layout()).find(store.name).value().id, store.image.record.id);
}

TEST_F(RepairTest, a_name_of_which_nothing_can_be_read_is_gone) {
    flip_bit(store.state(1), 0);
    flip_bit(store.state(2), 0);
    EXPECT_FALSE(mended(store.state(2)).empty());
    EXPECT_FALSE(Names(store.layout()).find(store.name));
}

TEST_F(RepairTest, a_damaged_pin_still_holds_its_image) {
    flip_bit(store.pin(), 0);
    EXPECT_FALSE(mended(store.pin()).empty());
    const auto& record = store.image.record;
    EXPECT_TRUE(Pins(store.layout()).find(record.id, record.variant));
}

TEST_F(RepairTest, a_damaged_generation_is_replaced) {
    flip_bit(store.generation(), 100);
    EXPECT_FALSE(mended(store.layout().catalogue()).empty());
    EXPECT_FALSE(fs::exists(store.generation()));
}

TEST_F(RepairTest, what_a_newer_aic_image_made_stays) {
    auto fields = testing::fields_of(read_file_if_exists(store.state(2), 1 << 20).value());
    fields["version"] = 7;
    write_file(store.state(2), testing::sealed(fields));
    repair(store.store, verified(), {});
    EXPECT_TRUE(fs::exists(store.state(2)));
    EXPECT_FALSE(fs::exists(store.state(3)));
}

} // namespace aic::cache

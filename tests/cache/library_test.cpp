// SPDX-License-Identifier: Apache-2.0
#include "cache/collector.hpp"
#include "cache/uses.hpp"
#include "core/files.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/sample_lab.hpp"
#include "tests/support/sample_store.hpp"

#include <gmock/gmock.h>

#include <optional>

namespace fs = std::filesystem;

namespace aic::cache {

using testing::AsUser;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::k_alice;
using testing::k_bob;
using testing::SampleLab;

class LibraryTest : public ::testing::Test {
protected:
    void SetUp() override {
        AIC_REQUIRE_ROOT();
        lab_.emplace();
        record_ = SampleLab::record_of(k_alice, k_alice, "sample");
    }

    bool bob_finds(const std::vector<std::string>& publishers) {
        const AsUser bob(k_bob);
        return lab_->library(publishers).find(record_.id, record_.variant).has_value();
    }

    std::optional<SampleLab> lab_;
    Record record_;
};

const std::string k_trusts_alice = std::to_string(k_alice);

TEST_F(LibraryTest, a_publishers_image_is_used) {
    lab_->publish_as(k_alice);
    EXPECT_TRUE(bob_finds({k_trusts_alice}));
    const AsUser bob(k_bob);
    const auto library = lab_->library({k_trusts_alice});
    EXPECT_EQ(library.list().size(), 1U);
    EXPECT_EQ(library.find_all(record_.id).size(), 1U);
    EXPECT_THAT(library.ids_with_prefix(record_.id.hex().substr(0, 6)), ElementsAre(record_.id));
    EXPECT_EQ(library.find_references(record_.reference, record_.platform).size(), 1U);
    EXPECT_THAT(library.distrusted_owners(record_.id, record_.variant), IsEmpty());
}

TEST_F(LibraryTest, who_is_new_to_the_store_is_there_once_it_is_looked_for_him) {
    lab_->publish_as(k_bob, "other");
    std::optional<Library> library;
    {
        const AsUser bob(k_bob);
        library = lab_->library({k_trusts_alice});
    }
    lab_->publish_as(k_alice);
    const AsUser bob(k_bob);
    EXPECT_FALSE(library->find(record_.id, record_.variant));
    library->look_for_users();
    library->look_for_users();
    EXPECT_TRUE(library->find(record_.id, record_.variant));
    EXPECT_EQ(library->list().size(), 2U) << "each user once";
    auto distrustful = lab_->library();
    distrustful.look_for_users();
    EXPECT_FALSE(distrustful.find(record_.id, record_.variant));
}

TEST_F(LibraryTest, anybody_elses_is_not_and_is_told_of) {
    lab_->publish_as(k_alice);
    EXPECT_FALSE(bob_finds({}));
    const AsUser bob(k_bob);
    const auto library = lab_->library();
    EXPECT_THAT(library.list(), IsEmpty());
    EXPECT_THAT(library.references(), IsEmpty());
    EXPECT_THAT(library.distrusted_owners(record_.id, record_.variant), ElementsAre(k_alice));
}

TEST_F(LibraryTest, whoever_made_a_segment_has_to_be_trusted) {
    {
        const AsUser alice(k_alice);
        lab_->publish(SampleLab::record_of(k_alice, 61009, "sample"));
    }
    EXPECT_FALSE(bob_finds({k_trusts_alice}));
    EXPECT_TRUE(bob_finds({k_trusts_alice, "61009"}));
}

TEST_F(LibraryTest, the_callers_own_comes_first) {
    lab_->publish_as(k_alice);
    lab_->publish_as(k_bob);
    const AsUser bob(k_bob);
    const auto library = lab_->library({k_trusts_alice});
    EXPECT_EQ(library.find(record_.id, record_.variant)->record.owner_uid,
              static_cast<std::int64_t>(k_bob));
    EXPECT_EQ(library.find_all(record_.id).size(), 1U);
    EXPECT_EQ(library.list().size(), 2U);
}

TEST_F(LibraryTest, a_private_image_is_its_owners) {
    lab_->publish_as(k_alice, "sample", Visibility::owner);
    EXPECT_FALSE(bob_finds({k_trusts_alice}));
    const AsUser alice(k_alice);
    EXPECT_TRUE(lab_->library().find(record_.id, record_.variant));
}

TEST_F(LibraryTest, what_somebody_put_into_anothers_place_does_not_count) {
    lab_->publish_as(k_alice);
    const auto image = lab_->layout_of(k_alice).variant(record_.id, record_.variant);
    // By a hole in alice's modes bob gets a file of his own, with her name in it, to where hers
    // was.
    ASSERT_EQ(::chown((image / k_record_name).c_str(), k_bob, testing::k_lab), 0);
    const AsUser carol(61003);
    EXPECT_FALSE(lab_->library({k_trusts_alice}).find(record_.id, record_.variant));
}

TEST_F(LibraryTest, links_lead_nowhere) {
    lab_->publish_as(k_alice);
    const auto layout = lab_->layout_of(k_alice);
    const auto image = layout.variant(record_.id, record_.variant);
    {
        const AsUser alice(k_alice);
        fs::rename(image, layout.images() / "elsewhere");
        fs::create_symlink(layout.images() / "elsewhere", image);
    }
    EXPECT_FALSE(bob_finds({k_trusts_alice}));
}

TEST_F(LibraryTest, a_record_in_the_wrong_place_does_not_count) {
    lab_->publish_as(k_alice);
    const auto other = SampleLab::record_of(k_alice, k_alice, "other");
    const auto layout = lab_->layout_of(k_alice);
    {
        const AsUser alice(k_alice);
        fs::create_directories(layout.image(other.id));
        fs::rename(layout.variant(record_.id, record_.variant),
                   layout.variant(other.id, other.variant));
    }
    const AsUser bob(k_bob);
    EXPECT_FALSE(lab_->library({k_trusts_alice}).find(other.id, other.variant));
    EXPECT_THAT(lab_->library({k_trusts_alice}).find_all(other.id), IsEmpty());
    EXPECT_THAT(lab_->library({k_trusts_alice}).list(), IsEmpty());
}

TEST_F(LibraryTest, whose_name_is_given_is_trusted_with_it) {
    lab_->publish_as(k_alice);
    lab_->name_as(k_alice, "exp", record_);
    const AsUser bob(k_bob);
    const auto name = ImageName::parse("exp");
    EXPECT_TRUE(lab_->library().find_named(k_alice, name));
    EXPECT_FALSE(lab_->library().find_named(k_bob, name));
    EXPECT_FALSE(lab_->library().find_named(k_alice, ImageName::parse("other")));
    EXPECT_EQ(lab_->library().history(k_alice, name).size(), 1U);
}

TEST_F(LibraryTest, whose_name_is_given_vouches_for_no_third) {
    {
        const AsUser alice(k_alice);
        lab_->publish(SampleLab::record_of(k_alice, 61009, "sample"));
    }
    lab_->name_as(k_alice, "exp", record_);
    const AsUser bob(k_bob);
    EXPECT_FALSE(lab_->library().find_named(k_alice, ImageName::parse("exp")));
}

TEST_F(LibraryTest, names_of_trusted_users_come_after_the_callers) {
    lab_->publish_as(k_alice);
    lab_->name_as(k_alice, "hers", record_);
    lab_->publish_as(k_bob);
    lab_->name_as(k_bob, "his", record_);
    const AsUser bob(k_bob);
    const auto names = lab_->library({k_trusts_alice}).names();
    ASSERT_EQ(names.size(), 2U);
    EXPECT_EQ(names[0].state.name.str(), "his");
    EXPECT_EQ(names[1].state.name.str(), "hers");
    EXPECT_EQ(names[1].owner, k_alice);
    EXPECT_EQ(lab_->library().names().size(), 1U);
}

TEST_F(LibraryTest, a_use_is_noted_where_the_image_is) {
    const auto image = lab_->publish_as(k_alice);
    ASSERT_EQ(::chmod(lab_->directory.path().c_str(), 0777), 0);
    const AsUser bob(k_bob);
    Store own(lab_->directory / "his own");
    own.prepare();
    const Library library(own, {lab_->root()}, Trust(k_bob, {k_trusts_alice}));
    const auto found = library.find(record_.id, record_.variant);
    ASSERT_TRUE(found);
    EXPECT_EQ(library.callers_store_of(*found).layout().root(), lab_->root());
    library.note_use(*found);
    EXPECT_TRUE(last_use(lab_->layout_of(k_bob), record_.id, record_.variant));
    EXPECT_FALSE(last_use(own.layout(), record_.id, record_.variant));
}

TEST_F(LibraryTest, what_another_uses_counts_as_used_to_who_collects) {
    const auto image = lab_->publish_as(k_alice);
    const auto used = [&] {
        const AsUser alice(k_alice);
        return facts_of(Store(lab_->root())).at(0).used_seconds;
    };
    EXPECT_FALSE(used());
    {
        const AsUser bob(k_bob);
        Store(lab_->root()).prepare();
        lab_->library({k_trusts_alice}).note_use(image);
    }
    EXPECT_TRUE(used());
    ASSERT_EQ(::chmod(lab_->layout_of(k_bob).uses().c_str(), 0700), 0);
    EXPECT_FALSE(used()); // what he keeps to himself
}

class StackedStores : public ::testing::Test {
protected:
    testing::SampleStore mine_, labs_;
    const Trust trust_{::geteuid()};
};

TEST_F(StackedStores, what_the_first_has_not_is_looked_for_in_the_next) {
    auto record = testing::sample_record("theirs");
    record.owner_uid = ::geteuid();
    labs_.add(record);
    const Library library(mine_.store, {labs_.layout().root()}, trust_);
    EXPECT_TRUE(library.find(record.id, record.variant));
    EXPECT_THAT(library.roots(), ElementsAre(mine_.layout().root(), labs_.layout().root()));
    EXPECT_EQ(library.own().layout().root(), mine_.layout().root());
    EXPECT_FALSE(Library(mine_.store).find(record.id, record.variant));
}

TEST_F(StackedStores, the_same_store_twice_is_one) {
    mine_.add("image");
    const Library library(mine_.store, {mine_.layout().root()}, trust_);
    EXPECT_EQ(library.list().size(), 1U);
}

TEST_F(StackedStores, one_that_is_not_there_is_left_out) {
    mine_.add("image");
    const Library library(mine_.store, {"/nowhere/at/all"}, trust_);
    EXPECT_EQ(library.list().size(), 1U);
}

} // namespace aic::cache

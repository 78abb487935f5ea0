// SPDX-License-Identifier: Apache-2.0
#include "cache/set_up.hpp"
#include "cache/store.hpp"
#include "core/files.hpp"
#include "tests/support/as_user.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>

namespace fs = std::filesystem;

namespace aic::cache {

using testing::AsUser;

class SetUpTest : public ::testing::Test {
protected:
    /// Everybody's umask is somebody's surprise.
    void SetUp() override { umask_ = ::umask(0077); }

    void TearDown() override { ::umask(umask_); }

    static struct stat status_of(const fs::path& path) {
        struct stat status = {};
        EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
        return status;
    }

    static mode_t mode_of(const fs::path& path) { return status_of(path).st_mode & 07777U; }

    testing::TempDir directory_;
    Layout layout_{directory_ / "new" / "store", ::geteuid()};
    mode_t umask_ = 0;
};

TEST_F(SetUpTest, a_private_store_is_its_owners_alone) {
    set_up(layout_, {});
    for (const auto& path :
         {layout_.root(), layout_.users(), layout_.claims(), layout_.catalogue()})
        EXPECT_EQ(mode_of(path), 0700U) << path;
    EXPECT_EQ(read_description(layout_.description())->preset, Preset::personal);
}

TEST_F(SetUpTest, members_of_a_lab_make_their_parts_and_move_nobody_elses) {
    set_up(layout_, {.preset = Preset::lab, .trusts_group = true});
    EXPECT_EQ(mode_of(layout_.root()), 02755U);
    for (const auto& path : {layout_.users(), layout_.claims(), layout_.catalogue()})
        EXPECT_EQ(mode_of(path), 03775U) << path;
    EXPECT_TRUE(read_description(layout_.description())->trusts_group);
    // Others get there, and read what it is.
    EXPECT_EQ(mode_of(layout_.root().parent_path()), 0755U);
    EXPECT_EQ(mode_of(layout_.description()) & 0444U, 0444U);
}

TEST_F(SetUpTest, a_site_is_for_all_to_read) {
    set_up(layout_, {.preset = Preset::site});
    for (const auto& path : {layout_.root(), layout_.users(), layout_.catalogue()})
        EXPECT_EQ(mode_of(path), 0755U) << path;
}

TEST_F(SetUpTest, doing_it_again_gives_the_modes_back) {
    set_up(layout_, {.preset = Preset::lab});
    ASSERT_EQ(::chmod(layout_.users().c_str(), 0777), 0);
    ASSERT_EQ(::chmod(layout_.root().c_str(), 0777), 0);
    set_up(layout_, {.preset = Preset::lab});
    for (const auto& directory : shared_directories(layout_, Preset::lab))
        EXPECT_EQ(directory.mode, directory.wanted_mode) << directory.path;
}

TEST_F(SetUpTest, the_group_is_given_to_what_users_share) {
    AIC_REQUIRE_ROOT();
    set_up(layout_, {.preset = Preset::lab, .group = testing::k_lab});
    for (const auto& directory : shared_directories(layout_, Preset::lab))
        EXPECT_EQ(directory.group, testing::k_lab) << directory.path;
}

TEST_F(SetUpTest, a_group_that_one_is_not_in_cannot_be_given) {
    AIC_REQUIRE_ROOT();
    ASSERT_EQ(::chmod(directory_.path().c_str(), 0777), 0);
    const AsUser alice(testing::k_alice);
    EXPECT_ERROR_SAYING(ErrorKind::denied, "group 61501",
                        set_up(Layout(directory_ / "hers", testing::k_alice),
                               {.preset = Preset::lab, .group = testing::k_lab + 1}));
}

TEST_F(SetUpTest, another_users_store_is_his_to_set_up) {
    AIC_REQUIRE_ROOT();
    set_up(layout_, {.preset = Preset::site});
    const AsUser alice(testing::k_alice);
    EXPECT_ERROR_SAYING(ErrorKind::denied, "belongs to the user 0",
                        set_up(Layout(layout_.root(), testing::k_alice), {.preset = Preset::site}));
}

TEST_F(SetUpTest, a_member_prepares_his_own_part) {
    AIC_REQUIRE_ROOT();
    ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
    set_up(layout_, {.preset = Preset::lab, .group = testing::k_lab});
    const AsUser alice(testing::k_alice);
    Store store(layout_.root());
    store.prepare();
    EXPECT_EQ(mode_of(store.layout().subtree()) & 0777U, 0755U);
    EXPECT_EQ(status_of(store.layout().subtree()).st_uid, testing::k_alice);
    EXPECT_EQ(mode_of(store.layout().temporary()) & 0777U, 0700U);
}

TEST_F(SetUpTest, who_is_no_member_reads_and_writes_nothing) {
    AIC_REQUIRE_ROOT();
    ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
    set_up(layout_, {.preset = Preset::lab, .group = testing::k_lab});
    const AsUser stranger(testing::k_bob, testing::k_lab + 1);
    Store store(layout_.root());
    EXPECT_TRUE(store.list().empty());
    EXPECT_ERROR(ErrorKind::denied, store.prepare());
}

TEST_F(SetUpTest, a_part_that_somebody_else_made_does_not_count) {
    AIC_REQUIRE_ROOT();
    ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
    set_up(layout_, {.preset = Preset::lab, .group = testing::k_lab});
    {
        const AsUser bob(testing::k_bob);
        fs::create_directory(Layout(layout_.root(), testing::k_alice).subtree());
    }
    const AsUser alice(testing::k_alice);
    Store store(layout_.root());
    EXPECT_ERROR(ErrorKind::denied, store.prepare());
}

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#include "cache/trust.hpp"
#include "core/machine.hpp"
#include "tests/support/as_user.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <grp.h>
#include <pwd.h>

namespace aic::cache {

using testing::k_alice;
using testing::k_bob;

/// A user that every Debian has, in a group of the same name and number.
constexpr uid_t k_daemon = 1;

TEST(Trust, the_caller_and_root_go_without_saying) {
    const Trust trust(k_alice);
    EXPECT_TRUE(trust.allows(k_alice));
    EXPECT_TRUE(trust.allows(0));
    EXPECT_FALSE(trust.allows(k_bob));
    EXPECT_TRUE(trust.allows_all({k_alice, 0}));
    EXPECT_FALSE(trust.allows_all({k_alice, k_bob}));
    EXPECT_FALSE(trust.allows_all({static_cast<uid_t>(-1)}));
}

TEST(Trust, publishers_are_users_by_number_or_name) {
    const auto* entry = ::getpwuid(k_daemon);
    ASSERT_TRUE(entry);
    const Trust trust(k_alice, {std::to_string(k_bob), entry->pw_name});
    EXPECT_TRUE(trust.allows(k_bob));
    EXPECT_TRUE(trust.allows(k_daemon));
}

TEST(Trust, publishers_are_groups_with_a_sign_in_front) {
    const auto* entry = ::getpwuid(k_daemon);
    ASSERT_TRUE(entry);
    const auto* group = ::getgrgid(entry->pw_gid);
    ASSERT_TRUE(group);
    const Trust trust(k_alice, {std::string("@") + group->gr_name});
    EXPECT_TRUE(trust.allows(k_daemon));
    EXPECT_FALSE(trust.allows(k_bob)); // of whom the machine knows no groups
}

TEST(Trust, unknown_publishers_add_nobody) {
    const Trust trust(k_alice, {"no such user", "@no such group", "", "@"});
    EXPECT_FALSE(trust.allows(k_bob));
}

class TrustOfAStore : public ::testing::Test {
protected:
    bool believes(const Trust& trust, const StoreDescription& description) {
        return trust.within(directory_.path(), description).allows(k_daemon);
    }

    const StoreDescription lab_{.preset = Preset::lab, .trusts_group = true};
    testing::TempDir directory_;
};

TEST_F(TrustOfAStore, its_group_is_trusted_when_its_owner_is) {
    AIC_REQUIRE_ROOT();
    const auto* entry = ::getpwuid(k_daemon);
    ASSERT_TRUE(entry);
    ASSERT_EQ(::chown(directory_.path().c_str(), k_bob, entry->pw_gid), 0);
    EXPECT_FALSE(believes(Trust(k_alice), lab_));
    EXPECT_TRUE(believes(Trust(k_alice).with(k_bob), lab_));
    ASSERT_EQ(::chown(directory_.path().c_str(), 0, entry->pw_gid), 0);
    EXPECT_TRUE(believes(Trust(k_alice), lab_));
}

TEST_F(TrustOfAStore, its_group_is_not_trusted_unless_it_says_so) {
    AIC_REQUIRE_ROOT();
    ASSERT_EQ(::chown(directory_.path().c_str(), 0, ::getpwuid(k_daemon)->pw_gid), 0);
    EXPECT_FALSE(believes(Trust(k_alice), {.preset = Preset::lab}));
    EXPECT_FALSE(believes(Trust(k_alice), {.preset = Preset::site, .trusts_group = true}));
}

TEST(Users, are_given_by_name_or_number) {
    EXPECT_EQ(parse_user("root"), 0U);
    EXPECT_EQ(parse_user("61001"), k_alice);
    EXPECT_EQ(user_name(0), "root");
    EXPECT_EQ(user_name(k_alice), "61001");
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "no user 'nobody such'", parse_user("nobody such"));
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "no group '-1'", parse_group("-1"));
}

} // namespace aic::cache

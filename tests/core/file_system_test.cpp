// SPDX-License-Identifier: Apache-2.0
#include "core/file_system.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <gmock/gmock.h>

namespace aic {

namespace {

constexpr std::string_view k_mountinfo = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
                                         "30 22 0:40 / /data rw,nosuid shared:5 master:2 - nfs4 "
                                         "nas:/lab rw,vers=4.2,soft,local_lock=none\n"
                                         "31 22 0:41 / /with\\040blank ro - fuse.sshfs host:/ rw\n"
                                         "32 22 0:42 / /data2 rw - tmpfs none rw,size=64k\n"
                                         "33 30 0:43 / /data rw - ext4 /dev/over rw\n"
                                         "nonsense\n";

TEST(FileSystemTest, mounts_are_read) {
    const auto mounts = parse_mounts(k_mountinfo);
    ASSERT_EQ(mounts.size(), 5U);
    EXPECT_EQ(mounts[1].type, "nfs4");
    EXPECT_EQ(mounts[1].source, "nas:/lab");
    EXPECT_THAT(mounts[1].options,
                ::testing::ElementsAre("rw", "nosuid", "vers=4.2", "soft", "local_lock=none"));
    EXPECT_EQ(mounts[1].value_of("vers"), "4.2");
    EXPECT_EQ(mounts[1].value_of("ver"), std::nullopt);
    EXPECT_TRUE(mounts[1].has("soft"));
    EXPECT_FALSE(mounts[1].has("hard"));
    EXPECT_TRUE(mounts[1].is_nfs() && mounts[1].is_shared());
    EXPECT_EQ(mounts[2].point, "/with blank");
    EXPECT_TRUE(mounts[2].is_shared());
    EXPECT_FALSE(mounts[0].is_shared());
}

TEST(FileSystemTest, a_path_lies_on_the_nearest_and_last_mount) {
    auto mounts = parse_mounts(k_mountinfo);
    EXPECT_EQ(mount_above(mounts, "/data/aic-image")->source, "/dev/over");
    EXPECT_EQ(mount_above(mounts, "/data2/x")->type, "tmpfs");
    EXPECT_EQ(mount_above(mounts, "/database")->source, "/dev/sda1");
    EXPECT_EQ(mount_above(mounts, "/")->source, "/dev/sda1");
    EXPECT_EQ(mount_above({}, "/data"), nullptr);
}

TEST(FileSystemTest, the_mount_of_what_is_not_there_yet_is_its_parents) {
    const auto mount = mount_of("/proc/not/there");
    ASSERT_TRUE(mount);
    EXPECT_EQ(mount->type, "proc");
}

TEST(FileSystemTest, what_is_free_is_no_more_than_there_is) {
    const testing::TempDir dir;
    const auto capacity = capacity_of(dir / "not/yet/there");
    EXPECT_GT(capacity.free_bytes, 0U);
    EXPECT_LE(capacity.free_bytes, capacity.size_bytes);
    EXPECT_LE(capacity.free_inodes, capacity.inodes);
}

TEST(FileSystemTest, lacking_space_is_said_with_figures) {
    const testing::TempDir dir;
    require_space(dir.path(), 1, "a test");
    EXPECT_ERROR_SAYING(ErrorKind::no_space, "a test needs",
                        require_space(dir / "not/yet/there", std::uint64_t{1} << 62, "a test"));
}

TEST(FileSystemTest, who_shares_room_is_known_before_it_exists) {
    const testing::TempDir dir;
    EXPECT_TRUE(is_same_file_system(dir / "not/yet/there", dir / "nor/this"));
    EXPECT_FALSE(is_same_file_system(dir.path(), "/proc/self"));
}

} // namespace

} // namespace aic

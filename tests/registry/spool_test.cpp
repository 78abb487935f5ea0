// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "registry/spool.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/file.h>

namespace aic::registry {

namespace fs = std::filesystem;

class SpoolTest : public ::testing::Test {
protected:
    void age(const fs::path& path, std::chrono::hours age) const {
        fs::last_write_time(path, fs::file_time_type::clock::now() - age);
    }

    const testing::TempDir dir_;
    const fs::path directory_ = dir_ / "spool";
    const Spool spool_{directory_};
    const Digest digest_{sha256_of("hello")};
    const PartialPaths paths_ = spool_.partial_paths(digest_);
};

TEST_F(SpoolTest, a_new_directory_is_ones_own) {
    EXPECT_EQ(fs::status(directory_).permissions(), fs::perms(0700));
}

TEST_F(SpoolTest, a_complete_blob_has_the_digests_name_and_the_right_size) {
    write_file(directory_ / digest_.hex(), "hello");
    EXPECT_TRUE(spool_.open(digest_, 5).has_value());
    EXPECT_FALSE(spool_.open(digest_, 4).has_value());
}

TEST_F(SpoolTest, what_is_there_of_a_blob_takes_no_further_room) {
    EXPECT_EQ(spooled_bytes(directory_, digest_), 0U);
    write_file(paths_.data, std::string(1 << 20, 'x'));
    fs::resize_file(paths_.data, 8 << 20); // the rest is a hole
    EXPECT_GE(spooled_bytes(directory_, digest_), 1U << 20);
    EXPECT_LT(spooled_bytes(directory_, digest_), 2U << 20);
    {
        const auto other = open_file(paths_.data, O_RDONLY);
        ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
        EXPECT_EQ(spooled_bytes(directory_, digest_), 0U) << "another process is at it";
    }
    fs::rename(paths_.data, spool_.path_of(digest_));
    EXPECT_GE(spooled_bytes(directory_, digest_), 1U << 20);
}

TEST_F(SpoolTest, a_symlink_is_not_a_blob) {
    write_file(dir_ / "elsewhere", "hello");
    fs::create_symlink(dir_ / "elsewhere", directory_ / digest_.hex());
    EXPECT_FALSE(spool_.open(digest_, 5).has_value());
}

TEST_F(SpoolTest, private_partial_files_go_when_their_process_is_gone) {
    const auto in_use = directory_ / ".in-use.partial";
    const auto lock = open_file(in_use, O_RDWR | O_CREAT);
    ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
    const auto abandoned = directory_ / fmt::format(".{}.host.1.partial", digest_.hex());
    write_file(abandoned, "x");
    write_file(directory_ / ".other", "x");
    spool_.remove_abandoned();
    EXPECT_TRUE(fs::exists(in_use));
    EXPECT_TRUE(fs::exists(directory_ / ".other"));
    EXPECT_FALSE(fs::exists(abandoned));
}

TEST_F(SpoolTest, blobs_that_no_pull_came_back_for_are_removed_when_they_are_a_week_old) {
    const auto path = directory_ / digest_.hex();
    write_file(path, "hello");
    spool_.remove_abandoned();
    EXPECT_TRUE(fs::exists(path));
    age(path, std::chrono::hours(8 * 24));
    spool_.remove_abandoned();
    EXPECT_FALSE(fs::exists(path));
}

TEST_F(SpoolTest, a_partial_blob_waits_a_week_for_somebody_to_go_on_with_it) {
    for (const auto& path : {paths_.data, paths_.written, paths_.synced, paths_.synced_new})
        write_file(path, "x");
    age(paths_.data, std::chrono::hours(7 * 24 - 1));
    spool_.remove_abandoned();
    EXPECT_EQ(entries_of(directory_).size(), 4U);
    age(paths_.data, std::chrono::hours(7 * 24 + 1));
    spool_.remove_abandoned();
    EXPECT_TRUE(entries_of(directory_).empty());
}

TEST_F(SpoolTest, a_directory_where_others_could_exchange_files_is_refused) {
    fs::permissions(directory_, fs::perms(0777));
    EXPECT_ERROR(ErrorKind::denied, Spool(directory_));
    fs::permissions(directory_, fs::perms(01777));
    const Spool sticky(directory_);
}

} // namespace aic::registry

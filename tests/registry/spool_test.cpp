// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "registry/spool.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

namespace aic::registry {

namespace fs = std::filesystem;

class SpoolTest : public ::testing::Test {
protected:
    std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory_), {}));
    }

    const testing::TempDir dir_;
    const fs::path directory_ = dir_ / "spool";
    const Spool spool_{directory_};
    const Digest digest_{sha256_of("hello")};
};

TEST_F(SpoolTest, a_new_directory_is_ones_own) {
    EXPECT_EQ(fs::status(directory_).permissions(), fs::perms(0700));
}

TEST_F(SpoolTest, a_published_file_has_the_digests_name) {
    PartialFile file(spool_, digest_, 5);
    file.write(as_bytes("hello"));
    EXPECT_FALSE(spool_.open(digest_, 5).has_value());
    file.publish();
    EXPECT_TRUE(spool_.open(digest_, 5).has_value());
    EXPECT_FALSE(spool_.open(digest_, 4).has_value());
    EXPECT_EQ(read_file_if_exists(directory_ / digest_.hex(), 100), "hello");
    EXPECT_EQ(entries(), 1U);
}

TEST_F(SpoolTest, an_unpublished_file_is_gone_on_with) {
    { PartialFile(spool_, digest_, 5).write(as_bytes("hel")); }
    PartialFile file(spool_, digest_, 5);
    EXPECT_EQ(file.size_bytes(), 3U);
    Sha256Hasher hasher;
    file.hash_into(hasher, {});
    EXPECT_EQ(hasher.finish(), sha256_of("hel"));
    file.write(as_bytes("lo"));
    file.publish();
    EXPECT_EQ(read_file_if_exists(directory_ / digest_.hex(), 100), "hello");
}

TEST_F(SpoolTest, an_unpublished_file_without_a_byte_leaves_nothing) {
    { const PartialFile nothing(spool_, digest_, 5); }
    EXPECT_EQ(entries(), 0U);
}

TEST_F(SpoolTest, a_file_that_another_download_writes_is_left_to_it) {
    PartialFile first(spool_, digest_, 5);
    first.write(as_bytes("hel"));
    {
        PartialFile second(spool_, digest_, 5);
        EXPECT_EQ(second.size_bytes(), 0U);
        second.write(as_bytes("h"));
        EXPECT_EQ(second.kept_bytes(), 0U);
    }
    EXPECT_EQ(entries(), 1U);
}

TEST_F(SpoolTest, a_left_file_that_others_may_have_touched_is_not_believed) {
    write_file(directory_ / fmt::format(".{}.partial", digest_.hex()), "hel");
    fs::permissions(directory_ / fmt::format(".{}.partial", digest_.hex()), fs::perms(0660));
    const PartialFile file(spool_, digest_, 5);
    EXPECT_EQ(file.size_bytes(), 0U);
}

TEST_F(SpoolTest, left_files_are_removed_when_they_are_a_week_old) {
    const auto path = directory_ / fmt::format(".{}.partial", digest_.hex());
    { PartialFile(spool_, digest_, 5).write(as_bytes("hel")); }
    spool_.remove_abandoned();
    EXPECT_TRUE(fs::exists(path));
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
    spool_.remove_abandoned();
    EXPECT_FALSE(fs::exists(path));
}

TEST_F(SpoolTest, blobs_that_no_pull_came_back_for_are_removed_when_they_are_a_week_old) {
    const auto path = directory_ / digest_.hex();
    write_file(path, "hello");
    spool_.remove_abandoned();
    EXPECT_TRUE(fs::exists(path));
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
    spool_.remove_abandoned();
    EXPECT_FALSE(fs::exists(path));
}

TEST_F(SpoolTest, a_restarted_file_is_empty) {
    PartialFile file(spool_, digest_, 5);
    file.write(as_bytes("wrong and long"));
    file.restart();
    file.write(as_bytes("hello"));
    file.publish();
    EXPECT_TRUE(spool_.open(digest_, 5).has_value());
}

TEST_F(SpoolTest, a_symlink_is_not_a_blob) {
    write_file(dir_ / "elsewhere", "hello");
    fs::create_symlink(dir_ / "elsewhere", directory_ / digest_.hex());
    EXPECT_FALSE(spool_.open(digest_, 5).has_value());
}

TEST_F(SpoolTest, only_abandoned_partial_files_are_removed) {
    const PartialFile in_use(spool_, digest_, 5);
    write_file(directory_ / ".abandoned.partial", "x");
    write_file(directory_ / digest_.hex(), "hello");
    write_file(directory_ / ".other", "x");
    ASSERT_EQ(entries(), 4U);
    spool_.remove_abandoned();
    EXPECT_EQ(entries(), 3U);
    EXPECT_FALSE(fs::exists(directory_ / ".abandoned.partial"));
}

TEST_F(SpoolTest, a_directory_where_others_could_exchange_files_is_refused) {
    fs::permissions(directory_, fs::perms(0777));
    EXPECT_ERROR(ErrorKind::denied, Spool(directory_));
    fs::permissions(directory_, fs::perms(01777));
    const Spool sticky(directory_);
}

} // namespace aic::registry

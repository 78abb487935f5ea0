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
    PartialFile file(spool_, digest_);
    file.write(as_bytes("hello"));
    EXPECT_FALSE(spool_.open(digest_, 5).has_value());
    file.publish();
    EXPECT_TRUE(spool_.open(digest_, 5).has_value());
    EXPECT_FALSE(spool_.open(digest_, 4).has_value());
    EXPECT_EQ(read_file_if_exists(directory_ / digest_.hex(), 100), "hello");
    EXPECT_EQ(entries(), 1U);
}

TEST_F(SpoolTest, an_unpublished_file_leaves_nothing) {
    { PartialFile(spool_, digest_).write(as_bytes("hel")); }
    EXPECT_EQ(entries(), 0U);
}

TEST_F(SpoolTest, a_restarted_file_is_empty) {
    PartialFile file(spool_, digest_);
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
    const PartialFile in_use(spool_, digest_);
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

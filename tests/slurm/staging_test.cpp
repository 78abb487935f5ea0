// SPDX-License-Identifier: Apache-2.0
#include "slurm/staging.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <unistd.h>

#include <fstream>

namespace fs = std::filesystem;

namespace aic::slurm {

class StagingTest : public ::testing::Test {
protected:
    StagingTest() {
        image_.record.variant = "zstd1-128k";
        image_.record.size_bytes = 9;
        image_.record.header = {.diff_id = {},
                                .blob = {},
                                .offset = 0,
                                .length_bytes = 4,
                                .hash = ContentHash::of("head")};
        image_.record.tables = {.diff_id = {},
                                .blob = {},
                                .offset = 4,
                                .length_bytes = 5,
                                .hash = ContentHash::of("table")};
    }

    fs::path arrive(const std::string& bytes) {
        const auto path = staging_.arriving(image_, "7");
        std::ofstream(path) << bytes;
        return path;
    }

    testing::TempDir dir_;
    Staging staging_{dir_.path(), ::geteuid()};
    cache::StoredImage image_;
};

TEST_F(StagingTest, what_has_arrived_whole_is_found_until_it_is_removed) {
    EXPECT_FALSE(staging_.find(image_));
    staging_.prepare(image_);
    const auto arrived = arrive("headtable");
    EXPECT_FALSE(staging_.find(image_));
    staging_.finish(image_, arrived, {});
    EXPECT_EQ(staging_.find(image_), staging_.file_of(image_));
    EXPECT_FALSE(fs::exists(arrived));
    staging_.finish(image_, arrived, {}); // another task of the node has done it
    EXPECT_EQ(staging_.remove(image_), 1U);
    EXPECT_EQ(staging_.remove(image_), 0U);
    EXPECT_FALSE(staging_.find(image_));
}

TEST_F(StagingTest, what_is_damaged_or_short_does_not_stay) {
    staging_.prepare(image_);
    for (const auto* bytes : {"headtabel", "headtab"}) {
        const auto arrived = arrive(bytes);
        EXPECT_ERROR_SAYING(ErrorKind::integrity, "'", staging_.finish(image_, arrived, {}));
        EXPECT_FALSE(fs::exists(arrived));
    }
    EXPECT_FALSE(staging_.find(image_));
}

TEST_F(StagingTest, all_can_be_removed_and_what_has_come_in_part) {
    staging_.prepare(image_);
    staging_.finish(image_, arrive("headtable"), {});
    const auto arrived = arrive("head");
    staging_.drop(arrived);
    EXPECT_FALSE(fs::exists(arrived));
    arrive("head");
    EXPECT_EQ(staging_.remove_all(), 2U);
    EXPECT_FALSE(staging_.find(image_));
}

TEST_F(StagingTest, a_directory_that_others_may_write_is_not_used) {
    staging_.prepare(image_);
    staging_.finish(image_, arrive("headtable"), {});
    fs::permissions(staging_.file_of(image_).parent_path(), fs::perms::all);
    EXPECT_FALSE(staging_.find(image_));
    EXPECT_ERROR_SAYING(ErrorKind::denied, "not yours alone", staging_.prepare(image_));
    fs::remove_all(staging_.file_of(image_).parent_path());
    fs::create_directory(dir_ / "elsewhere");
    fs::create_directory_symlink(dir_ / "elsewhere", staging_.file_of(image_).parent_path());
    EXPECT_ERROR_SAYING(ErrorKind::denied, "not yours alone", staging_.prepare(image_));
}

TEST_F(StagingTest, a_disk_that_is_too_small_is_told_of) {
    image_.record.size_bytes = std::uint64_t{1} << 60;
    EXPECT_ERROR_SAYING(ErrorKind::no_space, "the copy", staging_.prepare(image_));
}

} // namespace aic::slurm

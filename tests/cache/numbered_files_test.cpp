// SPDX-License-Identifier: Apache-2.0
#include "cache/numbered_files.hpp"
#include "core/files.hpp"
#include "tests/support/temp_dir.hpp"

#include <gmock/gmock.h>

namespace aic::cache {

class NumberedFilesTest : public ::testing::Test {
protected:
    std::filesystem::path finished(const std::string& text) {
        const auto path = directory_.path() / ("new-" + text);
        write_file(path, text);
        return path;
    }

    testing::TempDir directory_;
    NumberedFiles files_{directory_.path(), ".json"};
};

TEST_F(NumberedFilesTest, an_empty_or_missing_directory_has_no_newest) {
    EXPECT_EQ(files_.newest(), 0);
    EXPECT_EQ(NumberedFiles(directory_.path() / "none", ".json").newest(), 0);
}

TEST_F(NumberedFilesTest, a_number_is_given_once) {
    EXPECT_TRUE(files_.publish(finished("a"), 1));
    EXPECT_FALSE(files_.publish(finished("b"), 1));
    EXPECT_EQ(read_file_if_exists(files_.path(1), 100), "a");
}

TEST_F(NumberedFilesTest, publishing_the_same_file_again_is_no_loss) {
    const auto file = finished("a");
    EXPECT_TRUE(files_.publish(file, 1));
    EXPECT_TRUE(files_.publish(file, 1)); // as after a reply that NFS has lost
}

TEST_F(NumberedFilesTest, the_highest_number_is_the_newest) {
    for (const auto number : {9, 10, 2})
        files_.publish(finished(std::to_string(number)), static_cast<std::uint64_t>(number));
    write_file(directory_.path() / "99.db", "another suffix");
    write_file(directory_.path() / "x11.json", "no number");
    EXPECT_EQ(files_.newest(), 10);
    EXPECT_THAT(files_.numbers(), ::testing::ElementsAre(2, 9, 10));
}

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#include "cli/rest_words.hpp"
#include "cli/run_words.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/temp_dir.hpp"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace aic::cli {

namespace fs = std::filesystem;

class ParseMountTest : public ::testing::Test {
protected:
    const testing::TempDir dir_;
    const std::string source_ = fs::canonical(dir_.path()).native();
};

TEST_F(ParseMountTest, the_same_path_or_another_to_be_written_or_not) {
    const auto same = parse_mount(source_);
    EXPECT_EQ(same.source, source_);
    EXPECT_EQ(same.target, source_);
    EXPECT_TRUE(same.is_writable);
    const auto other = parse_mount(source_ + ":/data:ro");
    EXPECT_EQ(other.target, "/data");
    EXPECT_FALSE(other.is_writable);
    EXPECT_FALSE(parse_mount(source_ + ":ro").is_writable);
    EXPECT_TRUE(parse_mount(source_ + ":/data:rw").is_writable);
}

TEST_F(ParseMountTest, a_node_may_have_what_is_not_here) {
    EXPECT_EQ(parse_mount(source_ + "/none:/x").source, source_ + "/none");
    EXPECT_ERROR(ErrorKind::not_found, parse_mount("none/here:/x"));
}

TEST_F(ParseMountTest, what_is_not_absolute_is_refused) {
    EXPECT_ERROR(ErrorKind::usage, parse_mount(source_ + ":x"));
    EXPECT_ERROR(ErrorKind::usage, parse_mount(":/x"));
    EXPECT_EQ(parse_mount(source_ + ":/../a/../../b").target, "/b");
}

TEST(FindProgramTest, programs_are_looked_for_where_path_leads) {
    const testing::TempDir dir;
    std::ofstream(dir.path() / "tool") << "#!/bin/sh\n";
    const auto environment =
        testing::fake_environment({{"PATH", "/nowhere::" + dir.path().native()}});
    EXPECT_FALSE(find_program("tool", environment)); // not to be run
    fs::permissions(dir.path() / "tool", fs::perms::owner_all);
    EXPECT_EQ(find_program("tool", environment), dir.path() / "tool");
    EXPECT_FALSE(find_program("tool", testing::fake_environment({})));
}

class EndOfOptionsTest : public ::testing::Test {
protected:
    EndOfOptionsTest() {
        app_.add_flag("-q,--quiet", quiet_);
        app_.add_option("-n,--name", name_);
    }

    std::size_t end(std::vector<std::string> words) {
        std::vector<char*> arguments;
        for (auto& word : words)
            arguments.push_back(word.data());
        const CLI::App* app = &app_;
        return end_of_options(arguments, 0, std::span(&app, 1));
    }

    CLI::App app_;
    bool quiet_ = false;
    std::string name_;
};

TEST_F(EndOfOptionsTest, values_belong_to_their_options) {
    EXPECT_EQ(end({}), 0U);
    EXPECT_EQ(end({"ls", "-l"}), 0U);
    EXPECT_EQ(end({"-q", "ls"}), 1U);
    EXPECT_EQ(end({"--name", "x", "ls"}), 2U);
    EXPECT_EQ(end({"--name=x", "ls"}), 1U);
    EXPECT_EQ(end({"-nx", "ls"}), 1U);
    EXPECT_EQ(end({"-qn", "x", "ls"}), 2U);
    EXPECT_EQ(end({"--name"}), 1U);
}

TEST_F(EndOfOptionsTest, what_is_no_option_of_ours_ends_nothing_and_two_dashes_do) {
    EXPECT_EQ(end({"--unknown", "ls"}), 1U);
    EXPECT_EQ(end({"-q", "--", "-x"}), 1U);
    EXPECT_EQ(end({"-", "x"}), 0U);
}

} // namespace aic::cli

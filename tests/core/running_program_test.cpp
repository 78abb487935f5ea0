// SPDX-License-Identifier: Apache-2.0
#include "core/fd.hpp"
#include "core/running_program.hpp"

#include <gtest/gtest.h>

namespace aic {

static std::string read_to_end(const RunningProgram& program) {
    FdSource source(Fd(::dup(program.output())), "output");
    std::string text;
    std::array<std::byte, 64> buffer;
    while (const auto count = source.read(buffer))
        text += as_text(std::span<const std::byte>(buffer).first(count));
    return text;
}

TEST(RunningProgramTest, its_output_its_last_complaint_and_its_status_are_told) {
    auto program =
        RunningProgram::start({"sh", "-c", "cat; echo out; echo one >&2; echo two >&2; exit 7"});
    ASSERT_TRUE(program);
    EXPECT_EQ(read_to_end(*program), "out\n");
    EXPECT_EQ(program->wait(), 7);
    EXPECT_EQ(program->last_complaint(), "two");
}

TEST(RunningProgramTest, of_many_complaints_the_last_one_is_told) {
    auto program = RunningProgram::start(
        {"sh", "-c", "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done"});
    ASSERT_TRUE(program);
    EXPECT_EQ(read_to_end(*program), "");
    EXPECT_EQ(program->wait(), 0);
    EXPECT_EQ(program->last_complaint(), "line 1999");
}

TEST(RunningProgramTest, one_that_says_nothing_has_no_complaint) {
    auto program = RunningProgram::start({"true"});
    ASSERT_TRUE(program);
    EXPECT_EQ(program->wait(), 0);
    EXPECT_EQ(program->last_complaint(), "");
}

TEST(RunningProgramTest, one_that_is_not_there_is_nothing) {
    EXPECT_FALSE(RunningProgram::start({"no-program-of-this-name"}));
}

TEST(RunningProgramTest, it_ends_with_its_owner) {
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(RunningProgram::start({"sleep", "60"}));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#include "cli/build_display.hpp"

#include <gtest/gtest.h>

namespace aic::cli {
namespace {

std::vector<std::string> last_three(std::initializer_list<std::string_view> pieces) {
    LastLines lines(3);
    for (const auto piece : pieces)
        lines.add(piece);
    return lines.lines();
}

using Lines = std::vector<std::string>;

TEST(LastLinesTest, only_the_last_ones_are_kept) {
    EXPECT_EQ(last_three({"a\nb\nc\n", "d\ne\n"}), (Lines{"c", "d", "e"}));
}

TEST(LastLinesTest, pieces_need_not_be_lines) {
    EXPECT_EQ(last_three({"a", "b\nc", "d"}), (Lines{"ab", "cd"}));
}

TEST(LastLinesTest, a_bar_that_is_drawn_over_and_over_is_one_line) {
    EXPECT_EQ(last_three({"10 %\r50 %\r100 %\r\ndone\n"}), (Lines{"100 %", "done"}));
}

TEST(LastLinesTest, nothing_in_it_moves_the_cursor) {
    EXPECT_EQ(last_three({"\x1b[31mred\x1b[0m \x1b[2K\x1b(B\a\n"}), (Lines{"red B\\x07"}));
}

} // namespace
} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace aic::cli {

TEST(TableTest, columns_are_aligned) {
    EXPECT_EQ(format_table({{"NAME", "SIZE"}, {"ubuntu", "3"}}), "NAME    SIZE\nubuntu  3\n");
}

TEST(TableTest, the_last_column_has_no_blanks_behind) {
    EXPECT_EQ(format_table({{"A", "LONG"}, {"b", "c"}}), "A  LONG\nb  c\n");
}

TEST(TableTest, rows_may_be_shorter) {
    EXPECT_EQ(format_table({{"A", "B"}, {"longer"}, {}}), "A       B\nlonger\n\n");
}

TEST(TableTest, nothing_is_nothing) {
    EXPECT_EQ(format_table({}), "");
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "core/shell_words.hpp"
#include "tests/support/expect_error.hpp"

#include <gmock/gmock.h>

namespace aic {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ShellQuoteTest, a_quoted_word_is_one_word) {
    EXPECT_EQ(shell_quote("it's"), R"('it'\''s')");
    EXPECT_EQ(shell_quote(""), "''");
}

TEST(SplitWordsTest, as_a_shell_does_with_quotes) {
    EXPECT_THAT(split_words("  "), IsEmpty());
    EXPECT_THAT(split_words(" --a=1\t-b '' "), ElementsAre("--a=1", "-b", ""));
    EXPECT_THAT(split_words(R"(--c="x 'y' \" z" 'a\b'"c" d\ e)"),
                ElementsAre(R"(--c=x 'y' " z)", R"(a\bc)", "d e"));
    EXPECT_ERROR(ErrorKind::usage, split_words("a 'b"));
}

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#include "core/duration.hpp"
#include "tests/support/expect_error.hpp"

namespace aic {

using namespace std::chrono_literals;

TEST(DurationTest, a_number_and_its_unit) {
    EXPECT_EQ(parse_duration("45s"), 45s);
    EXPECT_EQ(parse_duration("90min"), 90min);
    EXPECT_EQ(parse_duration("12h"), 12h);
    EXPECT_EQ(parse_duration("30d"), 720h);
    EXPECT_EQ(parse_duration("2w"), 336h);
    EXPECT_EQ(parse_duration("0d"), 0s);
}

TEST(DurationTest, what_is_no_duration_is_refused) {
    for (const char* text : {"", "30", "d", "-1d", "1.5h", "30 d", "30days", "5m", "99999999999d",
                             "4294967295w", "1d "})
        EXPECT_ERROR(ErrorKind::usage, parse_duration(text)) << text;
}

TEST(DurationTest, what_is_written_parses_back) {
    for (const auto* text : {"0s", "59s", "90min", "36h", "14d", "61s"})
        EXPECT_EQ(written_duration(parse_duration(text)), text);
    EXPECT_EQ(written_duration(336h), "14d");
}

TEST(DurationTest, people_read_one_word) {
    EXPECT_EQ(human_duration(-5s), "0 s");
    EXPECT_EQ(human_duration(89s), "89 s");
    EXPECT_EQ(human_duration(180s), "3 min");
    EXPECT_EQ(human_duration(5h), "5 h");
    EXPECT_EQ(human_duration(288h), "12 d");
}

} // namespace aic

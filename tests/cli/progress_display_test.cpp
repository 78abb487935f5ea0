// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_display.hpp"

#include <gmock/gmock.h>

namespace aic::cli {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

std::vector<Progress::ItemView> items(std::size_t count, std::uint64_t fetched,
                                      std::uint64_t converted) {
    return std::vector<Progress::ItemView>(count, {"9f2c41aabbcc", 1000, fetched, converted});
}

TEST(ProgressTotalsTest, they_are_sums) {
    const auto totals = totals_of({{"a", 1000, 600, 300}, {"b", 500, 500, 500}});
    EXPECT_EQ(totals.size_bytes, 1500U);
    EXPECT_EQ(totals.fetched_bytes, 1100U);
    EXPECT_EQ(totals.converted_bytes, 800U);
    EXPECT_EQ(totals.blobs, 2U);
    EXPECT_EQ(totals.done, 1U);
}

TEST(ProgressTotalsTest, what_is_converted_counts_as_fetched) {
    EXPECT_EQ(totals_of({{"a", 1000, 0, 400}}).fetched_bytes, 400U);
}

TEST(ProgressLinesTest, without_blobs_the_phase_is_all) {
    EXPECT_THAT(progress_lines({}, "resolving", 1s, 80), ::testing::ElementsAre("  resolving"));
    EXPECT_TRUE(progress_lines({}, "", 1s, 80).empty());
}

TEST(ProgressLinesTest, when_all_is_converted_the_phase_is_all) {
    EXPECT_THAT(progress_lines(items(2, 1000, 1000), "writing tables", 1s, 80),
                ::testing::ElementsAre("  writing tables"));
}

TEST(ProgressLinesTest, the_first_line_is_the_sum) {
    const auto lines = progress_lines(items(2, 1000, 500), "", 10s, 200);
    EXPECT_THAT(lines.at(0), HasSubstr("1.0 kB / 2.0 kB  50 %"));
    EXPECT_THAT(lines.at(0), HasSubstr("10 s left"));
    EXPECT_THAT(lines.at(0), HasSubstr("fetch 100 % · convert 50 %"));
}

TEST(ProgressLinesTest, blobs_in_work_stand_two_to_a_line) {
    const auto lines = progress_lines(items(4, 1000, 500), "", 10s, 200);
    EXPECT_EQ(lines.size(), 3U);
    EXPECT_THAT(lines.at(1), HasSubstr("9f2c41"));
}

TEST(ProgressLinesTest, any_number_of_blobs_gives_at_most_seven_lines) {
    for (std::size_t count = 1; count < 100; ++count) {
        auto many = items(count, 1000, 500);
        many.push_back({"done", 10, 10, 10});
        EXPECT_LE(progress_lines(many, "", 10s, 80).size(), 7U) << count;
    }
}

TEST(WaitingLinesTest, say_for_whom_and_how_long) {
    const auto now = std::chrono::steady_clock::now();
    EXPECT_THAT(waiting_lines({{"fetching x", "429 from docker.io", now + 37s}}, 80),
                ::testing::ElementsAre("  429 from docker.io, 37 s left"));
}

TEST(WaitingLinesTest, what_is_over_is_left_out_and_many_are_cut) {
    const auto now = std::chrono::steady_clock::now();
    EXPECT_TRUE(waiting_lines({{"fetching x", "429 from docker.io", now - 1s}}, 80).empty());
    const std::vector<Waiting> many(9, {"fetching x", "503 from r.lab", now + 5s});
    EXPECT_EQ(waiting_lines(many, 80).size(), 2U);
}

TEST(ProgressLinesTest, no_line_is_wider_than_the_terminal) {
    for (const std::size_t columns : {1U, 2U, 20U, 63U, 64U, 65U, 80U})
        for (const auto& line : progress_lines(items(9, 1000, 500), "", 10s, columns)) {
            const auto characters = std::count_if(line.begin(), line.end(), [](char c) {
                return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
            });
            EXPECT_LT(static_cast<std::size_t>(characters), std::max<std::size_t>(columns, 1))
                << line;
        }
}

TEST(ProgressLinesTest, blobs_of_no_bytes_do_no_harm) {
    EXPECT_NO_THROW(progress_lines({{"a", 0, 0, 0}, {"b", 5, 0, 0}}, "x", 0s, 80));
}

} // namespace aic::cli

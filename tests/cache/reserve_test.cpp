// SPDX-License-Identifier: Apache-2.0
#include "cache/reserve.hpp"
#include "core/files.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <unistd.h>

namespace aic::cache {

class ReserveTest : public ::testing::Test {
protected:
    ReserveTest() { make_directories(layout.subtree(), 0700); }

    std::size_t files() const { return entries_of(layout.reserve()).size(); }

    testing::TempDir directory;
    Layout layout{directory.path(), ::geteuid()};
    Reserve reserve{layout};
};

TEST_F(ReserveTest, it_is_filled_let_go_of_and_filled_again) {
    EXPECT_FALSE(reserve.let_go());
    reserve.fill();
    const auto whole = files();
    EXPECT_GE(whole, 8U);
    EXPECT_TRUE(reserve.let_go());
    EXPECT_EQ(files(), 0U);
    reserve.fill();
    EXPECT_EQ(files(), whole);
}

TEST_F(ReserveTest, what_finds_no_room_is_done_once_more_without_the_reserve) {
    reserve.fill();
    int calls = 0;
    EXPECT_EQ(with_reserve(layout,
                           [&] {
                               ++calls;
                               if (files() > 0)
                                   throw Error(ErrorKind::no_space, "full");
                               return 7;
                           }),
              7);
    EXPECT_EQ(calls, 2);
}

TEST_F(ReserveTest, without_a_reserve_there_is_one_attempt) {
    int calls = 0;
    const auto fail = [&] {
        ++calls;
        throw Error(ErrorKind::no_space, "full");
    };
    EXPECT_ERROR(ErrorKind::no_space, with_reserve(layout, fail));
    EXPECT_EQ(calls, 1);
}

TEST_F(ReserveTest, other_failures_are_no_matter_of_room) {
    reserve.fill();
    const auto fail = [] { throw Error(ErrorKind::denied, "not yours"); };
    EXPECT_ERROR(ErrorKind::denied, with_reserve(layout, fail));
    EXPECT_GT(files(), 0U);
}

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"
#include "tests/support/expect_error.hpp"

#include <cerrno>

namespace aic {

TEST(ErrorTest, a_context_grows_the_sentence_leftward_and_keeps_kind_and_hint) {
    const auto error = Error(ErrorKind::network, "server answered {}", 502).with_hint("try again");
    const auto wider = error.within("fetching x").within("pulling y");
    EXPECT_EQ(wider.message(), "pulling y: fetching x: server answered 502");
    EXPECT_EQ(wider.hint(), "try again");
    EXPECT_EQ(wider.kind(), ErrorKind::network);
    EXPECT_STREQ(wider.what(), wider.message().c_str());
}

TEST(ErrorTest, in_context_hands_back_what_the_body_returns) {
    EXPECT_EQ(in_context("adding", [] { return 3; }), 3);
}

TEST(ErrorTest, in_context_makes_its_text_only_on_failure) {
    int made = 0;
    const auto context = [&] {
        ++made;
        return std::string("doing");
    };
    in_context(context, [] {});
    EXPECT_EQ(made, 0);
    EXPECT_ERROR_SAYING(ErrorKind::busy, "doing: later",
                        in_context(context, [] { throw Error(ErrorKind::busy, "later"); }));
    EXPECT_EQ(made, 1);
}

TEST(ErrorTest, a_message_with_braces_is_not_a_format) {
    EXPECT_EQ(Error(ErrorKind::system, std::string("a {} b")).message(), "a {} b");
}

TEST(ErrorTest, an_errno_chooses_the_kind) {
    EXPECT_EQ(kind_of_errno(ENOENT), ErrorKind::not_found);
    EXPECT_EQ(kind_of_errno(EACCES), ErrorKind::denied);
    EXPECT_EQ(kind_of_errno(ENOSPC), ErrorKind::no_space);
    EXPECT_EQ(kind_of_errno(EDQUOT), ErrorKind::no_space);
    EXPECT_EQ(kind_of_errno(EIO), ErrorKind::system);
}

TEST(ErrorTest, system_error_reads_errno_and_names_it) {
    errno = ENOENT;
    const auto error = system_error("opening '{}'", "/x");
    EXPECT_EQ(error.message(), "opening '/x': No such file or directory");
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
}

TEST(ErrorTest, exit_statuses_never_change) {
    const std::pair<ErrorKind, int> statuses[] = {
        {ErrorKind::system, 1},       {ErrorKind::usage, 2},    {ErrorKind::not_found, 3},
        {ErrorKind::denied, 4},       {ErrorKind::network, 5},  {ErrorKind::integrity, 6},
        {ErrorKind::busy, 7},         {ErrorKind::no_space, 8}, {ErrorKind::no_platform, 9},
        {ErrorKind::interrupted, 130}};
    for (const auto& [kind, status] : statuses)
        EXPECT_EQ(static_cast<int>(kind), status) << name_of(kind);
}

} // namespace aic

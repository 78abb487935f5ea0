// SPDX-License-Identifier: Apache-2.0
#include "builder/commit/accounts.hpp"
#include "builder/foreign/environment.hpp"

#include <gmock/gmock.h>

namespace aic::commit {
namespace {

using ::testing::ElementsAre;

TEST(MergeAccountsTest, what_starting_a_container_does_stays_out) {
    EXPECT_EQ(merge_accounts("root:x:0:0:root:/root:/bin/bash\n_apt:x:42:65534::/:/nologin\n",
                             "root:x:0:0::/root:/bin/sh\nalice:x:1:1::/home/alice:/bin/sh\n",
                             {"root", "alice"}),
              "root:x:0:0:root:/root:/bin/bash\n_apt:x:42:65534::/:/nologin\n");
}

TEST(MergeAccountsTest, what_users_did_goes_in) {
    EXPECT_EQ(merge_accounts("root:x:0:0\ndave:x:5:5\nlast:x:6:6", "eve:x:7:7\ndave:x:5:9\n\n", {}),
              "root:x:0:0\ndave:x:5:9\nlast:x:6:6\neve:x:7:7\n");
}

TEST(MergeAccountsTest, the_first_line_of_a_name_counts) {
    EXPECT_EQ(merge_accounts("", "a:1\na:2\n", {}), "a:1\n");
    EXPECT_EQ(merge_accounts("a:0\n", "a:1\na:2\n", {}), "a:1\n");
}

TEST(ParseEnvironmentTest, only_variables_are_taken_and_one_pair_of_quotes_comes_off) {
    EXPECT_THAT(foreign::parse_environment("A=1\n# B=2\nexport C=3\nD='4 5'\nE=\"6'\n1F=7\nG=\n"
                                           "H=\"\"\nI=\xff\n=8\nJ=$K\n_l=m=n"),
                ElementsAre("A=1", "D=4 5", "E=\"6'", "G=", "H=", "J=$K", "_l=m=n"));
}

} // namespace
} // namespace aic::commit

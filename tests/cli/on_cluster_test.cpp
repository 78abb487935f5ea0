// SPDX-License-Identifier: Apache-2.0
#include "cli/on_cluster.hpp"

#include <gmock/gmock.h>

namespace aic::cli {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;

TEST(JobLineTest, a_node_does_the_same_command_itself) {
    const auto line = job_line("pull", {"/data/aic-image", "-q", "pull", "--on-cluster", "ubuntu"},
                               {"--partition=cpu"}, false);
    EXPECT_EQ(line.front(), "srun");
    EXPECT_THAT(line, IsSupersetOf({"--nodes=1", "--ntasks=1", "--partition=cpu"}));
    EXPECT_THAT(std::vector(line.end() - 5, line.end()),
                ElementsAre("/data/aic-image", "-q", "pull", "--here", "ubuntu"));
}

TEST(JobLineTest, a_terminal_goes_with_it) {
    EXPECT_THAT(job_line("build", {"aic-image", "build"}, {}, true), ::testing::Contains("--pty"));
    EXPECT_THAT(job_line("build", {"aic-image", "build"}, {}, false),
                ::testing::Not(::testing::Contains("--pty")));
}

TEST(JobLineTest, a_program_may_be_called_as_the_verb_is) {
    EXPECT_THAT(job_line("pull", {"pull", "pull", "x"}, {}, false), ::testing::Contains("--here"));
    const auto line = job_line("pull", {"pull", "pull", "x"}, {}, false);
    EXPECT_THAT(std::vector(line.end() - 4, line.end()),
                ElementsAre("pull", "pull", "--here", "x"));
}

} // namespace aic::cli

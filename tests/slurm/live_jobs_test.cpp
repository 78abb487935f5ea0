// SPDX-License-Identifier: Apache-2.0
#include "slurm/live_jobs.hpp"

#include <gtest/gtest.h>

namespace aic::slurm {

TEST(LiveJobsTest, a_job_lives_until_it_has_a_state_that_is_an_end) {
    EXPECT_EQ(
        unfinished_in(
            "12 12 RUNNING\n13 13 COMPLETED\n14 14 SUSPENDED\n15 15 CANCELLED\n16 16 SIGNALING\n"
            "17 17 OUT_OF_MEMORY\n18 18 COMPLETING\n"),
        (std::set<std::string>{"12", "14", "16", "18"}));
    EXPECT_EQ(unfinished_in("21 20 RUNNING\n"), (std::set<std::string>{"20", "21"})); // an array's
    EXPECT_TRUE(unfinished_in("").empty());
}

} // namespace aic::slurm

// SPDX-License-Identifier: Apache-2.0
#include "core/machine.hpp"
#include "slurm/job_environment.hpp"
#include "tests/support/fake_environment.hpp"

#include <gtest/gtest.h>

namespace aic::slurm {

TEST(JobEnvironmentTest, outside_a_job_there_is_no_step) {
    EXPECT_FALSE(current_holder(LeaseFor::step, testing::fake_environment({})));
}

TEST(JobEnvironmentTest, a_step_is_known_by_job_number_and_node) {
    const auto step =
        current_holder(LeaseFor::step, testing::fake_environment({{"SLURM_JOB_ID", "12"},
                                                                  {"SLURM_STEP_ID", "3"},
                                                                  {"SLURM_CLUSTER_NAME", "alps"}}));
    EXPECT_EQ(step, (cache::JobStep{"12", "3", host_name(), "alps"}));
}

TEST(JobEnvironmentTest, the_batch_step_has_no_number) {
    EXPECT_EQ(
        current_holder(LeaseFor::step, testing::fake_environment({{"SLURM_JOB_ID", "12"}}))->step,
        "batch");
}

TEST(JobEnvironmentTest, a_lease_ends_with_the_jobs_time_limit_where_that_is_told) {
    const cache::ImageKey image{ImageId(sha256_of("x")), "zstd1-128k"};
    const auto ends = [&](std::map<std::string, std::string> variables) {
        return lease_for({"12", "0", "n", std::nullopt}, image, 7,
                         testing::fake_environment(std::move(variables)))
            .ends_seconds;
    };
    EXPECT_EQ(ends({{"SLURM_JOB_END_TIME", "1700000000"}}), 1'700'000'000);
    EXPECT_FALSE(ends({}));
    EXPECT_FALSE(ends({{"SLURM_JOB_END_TIME", "soon"}}));
    EXPECT_FALSE(ends({{"SLURM_JOB_END_TIME", "-1"}}));
    EXPECT_FALSE(ends({{"SLURM_JOB_END_TIME", "9223372036854775807"}}));
}

} // namespace aic::slurm

// SPDX-License-Identifier: Apache-2.0
#include "slurm/options.hpp"

#include <gmock/gmock.h>

namespace aic::slurm {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SlurmOptionsTest, the_last_value_that_is_said_counts) {
    EXPECT_THAT(partitions_in({"-p", "a,b"}), ElementsAre("a", "b"));
    EXPECT_THAT(partitions_in({"--partition=a", "--time=1", "-pc"}), ElementsAre("c"));
    EXPECT_THAT(partitions_in({"--partition", "a"}), ElementsAre("a"));
    EXPECT_THAT(partitions_in({"-p"}), IsEmpty());
    EXPECT_EQ(value_in({"-N", "2", "--nodes=3"}, 'N', "nodes"), "3");
    EXPECT_EQ(value_in({"--nodelist=n1", "-n2"}, 'N', "nodes"), std::nullopt);
}

TEST(SlurmOptionsTest, gpus_are_asked_for_in_many_ways) {
    EXPECT_TRUE(asks_for_gpus({"--time=1", "--gpus-per-task=1"}));
    EXPECT_TRUE(asks_for_gpus({"--gres=gpu:2"}));
    EXPECT_FALSE(asks_for_gpus({"--gres=tape:2"}));
}

TEST(SlurmOptionsTest, what_srun_alone_knows_is_the_steps) {
    const auto divided = divide({"--time=1:00", "--mpi=pmix", "-l", "-p", "a", "--mpi", "pmi2",
                                 "-r", "1", "-r2", "--label", "--labels", "--unbuffered"},
                                JobMaker::sbatch);
    EXPECT_THAT(divided.step, ElementsAre("--mpi=pmix", "-l", "--mpi", "pmi2", "-r", "1", "-r2",
                                          "--label", "--unbuffered"));
    EXPECT_THAT(divided.job, ElementsAre("--time=1:00", "-p", "a", "--labels"));
}

TEST(SlurmOptionsTest, to_wait_is_two_things) {
    const auto divided =
        divide({"-W", "30", "--wait=5", "--cpu-bind=cores", "-W", "-p", "a"}, JobMaker::sbatch);
    EXPECT_THAT(divided.step, ElementsAre("-W", "30", "--wait=5", "--cpu-bind=cores"));
    EXPECT_THAT(divided.job, ElementsAre("-W", "-p", "a"));
}

TEST(SlurmOptionsTest, a_batch_jobs_output_is_its_own_and_an_allocations_is_the_steps) {
    const std::vector<std::string> words = {"-o", "out", "--error=err", "-t1"};
    EXPECT_EQ(divide(words, JobMaker::sbatch).job, words);
    EXPECT_THAT(divide(words, JobMaker::salloc).step, ElementsAre("-o", "out", "--error=err"));
    EXPECT_THAT(divide(words, JobMaker::salloc).job, ElementsAre("-t1"));
    EXPECT_THAT(divide({"--mpi"}, JobMaker::salloc).step, ElementsAre("--mpi"));
}

} // namespace aic::slurm

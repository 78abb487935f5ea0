// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline.hpp"
#include "tests/support/expect_error.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace aic {

/// A stage that goes on until it is told to stop.
void run_until_stopped(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    throw Error(ErrorKind::interrupted, "stopped");
}

TEST(PipelineTest, stages_run_to_their_ends) {
    std::atomic<int> ends = 0;
    Pipeline pipeline({});
    for (int i = 0; i < 10; ++i)
        pipeline.run([&](std::stop_token) { ++ends; });
    pipeline.wait();
    EXPECT_EQ(ends, 10);
}

TEST(PipelineTest, the_first_failure_stops_the_others_and_comes_out) {
    Pipeline pipeline({});
    pipeline.run(run_until_stopped);
    pipeline.run([](std::stop_token) { throw Error(ErrorKind::no_space, "full"); });
    EXPECT_ERROR_SAYING(ErrorKind::no_space, "full", pipeline.wait());
}

TEST(PipelineTest, a_stop_from_outside_is_an_interruption_even_if_every_stage_ends_well) {
    std::stop_source outer;
    Pipeline pipeline(outer.get_token());
    pipeline.run([](std::stop_token) {});
    outer.request_stop();
    EXPECT_TRUE(pipeline.stop_token().stop_requested());
    EXPECT_ERROR(ErrorKind::interrupted, pipeline.wait());
}

TEST(PipelineTest, one_that_is_not_waited_for_stops_its_stages) {
    {
        Pipeline pipeline({});
        pipeline.run(run_until_stopped);
    }
    SUCCEED();
}

} // namespace aic

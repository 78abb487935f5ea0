// SPDX-License-Identifier: Apache-2.0
#include "core/bounded_queue.hpp"
#include "core/pipeline.hpp"
#include "tests/support/expect_error.hpp"

namespace aic {

TEST(PipelineTest, stages_run_to_their_ends) {
    BoundedQueue<int> queue(3);
    int sum = 0;
    Pipeline pipeline({});
    pipeline.run([&](std::stop_token stop) {
        for (int i = 1; i <= 100; ++i)
            queue.push(i, stop);
        queue.close();
    });
    pipeline.run([&](std::stop_token stop) {
        while (const auto item = queue.pop(stop))
            sum += *item;
    });
    pipeline.wait();
    EXPECT_EQ(sum, 5050);
}

TEST(PipelineTest, the_first_failure_stops_the_others_and_comes_out) {
    BoundedQueue<int> queue(1);
    Pipeline pipeline({});
    pipeline.run([&](std::stop_token stop) { queue.pop(stop); });
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
    BoundedQueue<int> queue(1);
    {
        Pipeline pipeline({});
        pipeline.run([&](std::stop_token stop) { queue.pop(stop); });
    }
    SUCCEED();
}

} // namespace aic

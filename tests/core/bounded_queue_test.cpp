// SPDX-License-Identifier: Apache-2.0
#include "core/bounded_queue.hpp"
#include "tests/support/expect_error.hpp"

#include <thread>

namespace aic {

TEST(BoundedQueueTest, items_come_out_in_order_and_then_nothing) {
    BoundedQueue<int> queue(2);
    queue.push(1, {});
    queue.push(2, {});
    queue.close();
    EXPECT_EQ(queue.pop({}), 1);
    EXPECT_EQ(queue.pop({}), 2);
    EXPECT_EQ(queue.pop({}), std::nullopt);
}

TEST(BoundedQueueTest, a_full_queue_holds_the_pusher_until_there_is_room) {
    BoundedQueue<int> queue(1);
    std::jthread pusher([&] {
        for (int i = 0; i < 1000; ++i)
            queue.push(i, {});
        queue.close();
    });
    int expected = 0;
    while (const auto item = queue.pop({}))
        EXPECT_EQ(*item, expected++);
    EXPECT_EQ(expected, 1000);
}

TEST(BoundedQueueTest, a_stop_ends_both_kinds_of_waiting) {
    std::stop_source stop;
    BoundedQueue<int> empty(1), full(1);
    full.push(1, {});
    std::jthread stopper([&] { stop.request_stop(); });
    EXPECT_ERROR(ErrorKind::interrupted, empty.pop(stop.get_token()));
    EXPECT_ERROR(ErrorKind::interrupted, full.push(2, stop.get_token()));
}

} // namespace aic

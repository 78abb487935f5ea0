// SPDX-License-Identifier: Apache-2.0
#include "core/crew.hpp"
#include "tests/support/expect_error.hpp"

#include <vector>

namespace aic {

/// Counts itself.
class Count final : public Task {
public:
    Count(Crew& crew, int& done) : crew_(crew), done_(done) {}

    void run() noexcept override {
        crew_.change([&] { ++done_; });
    }

private:
    Crew& crew_;
    int& done_;
};

class CrewTest : public ::testing::TestWithParam<unsigned> {
protected:
    Crew crew{GetParam()};
    int done = 0;
};

TEST_P(CrewTest, every_task_is_done_once) {
    std::deque<Count> tasks;
    for (int i = 0; i < 1000; ++i)
        crew.submit(tasks.emplace_back(crew, done),
                    i % 3 == 0 ? Crew::Urgency::first : Crew::Urgency::whenever);
    crew.work_until([&] { return done == 1000; }, {});
}

TEST_P(CrewTest, a_stop_ends_the_wait_for_what_never_comes) {
    std::stop_source stop;
    std::jthread stopper([&] { stop.request_stop(); });
    EXPECT_ERROR(ErrorKind::interrupted, crew.work_until([] { return false; }, stop.get_token()));
}

TEST_P(CrewTest, a_change_by_another_thread_ends_the_wait) {
    bool ready = false;
    std::jthread other([&] { crew.change([&] { ready = true; }); });
    crew.work_until([&] { return ready; }, {});
}

/// Submits itself again until it has run often enough, as a stage does that feeds others.
class Again final : public Task {
public:
    Again(Crew& crew, int& left) : crew_(crew), left_(left) {}

    void run() noexcept override {
        if (crew_.change([&] { return --left_; }) > 0)
            crew_.submit(*this, Crew::Urgency::first);
    }

private:
    Crew& crew_;
    int& left_;
};

TEST_P(CrewTest, a_task_may_submit_itself_again) {
    int left = 500;
    Again task(crew, left);
    crew.submit(task, Crew::Urgency::first);
    crew.work_until([&] { return left == 0; }, {});
}

TEST_P(CrewTest, several_threads_may_wait_at_once) {
    std::deque<Count> tasks;
    for (int i = 0; i < 300; ++i)
        tasks.emplace_back(crew, done);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 3; ++i)
        threads.emplace_back([&, i] {
            for (std::size_t j = i * 100; j < (i + 1) * 100; ++j)
                crew.submit(tasks[j], Crew::Urgency::whenever);
            crew.work_until([&] { return done == 300; }, {});
        });
}

INSTANTIATE_TEST_SUITE_P(Helpers, CrewTest, ::testing::Values(0U, 1U, 4U));

TEST(CrewAloneTest, one_thread_does_what_is_urgent_first) {
    Crew crew(0);
    std::vector<int> order;

    class Note final : public Task {
    public:
        Note(std::vector<int>& order, int number) : order_(order), number_(number) {}

        void run() noexcept override { order_.push_back(number_); }

    private:
        std::vector<int>& order_;
        int number_;
    };

    Note a(order, 1), b(order, 2), c(order, 3);
    crew.submit(a, Crew::Urgency::whenever);
    crew.submit(b, Crew::Urgency::whenever);
    crew.submit(c, Crew::Urgency::first);
    crew.work_until([&] { return order.size() == 3; }, {});
    EXPECT_EQ(order, (std::vector<int>{3, 1, 2}));
}

} // namespace aic

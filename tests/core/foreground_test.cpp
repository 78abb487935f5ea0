// SPDX-License-Identifier: Apache-2.0
#include "core/foreground.hpp"
#include "tests/support/expect_error.hpp"

#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace aic {

TEST(ForegroundTest, the_status_is_as_a_shell_has_it) {
    EXPECT_EQ(run_in_foreground({.argv = {"sh", "-c", "exit 3"}}, {}), 3);
    EXPECT_EQ(run_in_foreground({.argv = {"sh", "-c", "kill -TERM $$"}}, {}), 143);
    EXPECT_ERROR(ErrorKind::not_found, run_in_foreground({.argv = {"no-such-program"}}, {}));
}

TEST(ForegroundTest, variables_come_before_the_environment) {
    EXPECT_EQ(
        run_in_foreground(
            {.argv = {"sh", "-c", "test \"$HOME\" = /mine"}, .variables = {"HOME=/mine"}}, {}),
        0);
    EXPECT_EQ(run_in_foreground({.argv = {"/bin/sh", "-c", "test -z \"$HOME\""},
                                 .environment = std::vector<std::string>()},
                                {}),
              0);
}

TEST(ForegroundTest, on_a_stop_it_gets_the_signal_and_may_take_its_time) {
    std::stop_source stop;
    std::thread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        stop.request_stop();
    });
    const int status =
        run_in_foreground({.argv = {"sh", "-c", "trap 'exit 7' USR1; while :; do sleep 0.02; done"},
                           .stop_signal = SIGUSR1,
                           .has_terminals_signals = false},
                          stop.get_token());
    later.join();
    EXPECT_EQ(status, 7);
}

TEST(ForegroundTest, a_launcher_counts_for_the_process_that_it_started) {
    const auto own = own_program();
    EXPECT_TRUE(own.ends_with("core_test"));
    ::setenv("AIC_IMAGE_LAUNCHER", (std::to_string(::getpid()) + ":/bin/launcher").c_str(), 1);
    EXPECT_EQ(own_program(), "/bin/launcher");
    EXPECT_EQ(running_program(), "/bin/launcher");
    ::setenv("AIC_IMAGE_LAUNCHER", "1:/bin/launcher", 1);
    EXPECT_EQ(own_program(), own);
    ::unsetenv("AIC_IMAGE_LAUNCHER");
    EXPECT_EQ(running_program(), "/proc/self/exe");
}

} // namespace aic

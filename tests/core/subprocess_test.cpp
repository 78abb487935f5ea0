// SPDX-License-Identifier: Apache-2.0
#include "core/subprocess.hpp"
#include "tests/support/expect_error.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace aic {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

static SubprocessResult shell(const std::string& script, std::string_view input = "") {
    return run_to_end({.argv = {"sh", "-c", script}, .environment = {"A=1"}, .input = input}, {})
        .value();
}

TEST(SubprocessTest, input_goes_in_and_output_comes_out) {
    const std::string long_text(1U << 15, 'x'); // and not all of it fits a pipe at once
    EXPECT_EQ(shell("cat", long_text).output, long_text);
}

TEST(SubprocessTest, the_environment_is_what_was_given) {
    EXPECT_EQ(shell("echo $A$HOME").output, "1\n");
}

TEST(SubprocessTest, the_status_is_as_a_shell_has_it) {
    EXPECT_EQ(shell("exit 3").status, 3);
    EXPECT_EQ(shell("kill -TERM $$").status, 128 + 15);
}

TEST(SubprocessTest, a_child_need_not_read_its_input) {
    EXPECT_EQ(shell("exec <&-; echo done", std::string(1U << 20, 'x')).output, "done\n");
}

TEST(SubprocessTest, a_child_can_open_its_input_and_output_by_name) {
    EXPECT_EQ(shell("cat /dev/stdin > /dev/stdout", "hello").output, "hello");
}

TEST(SubprocessTest, a_program_that_is_not_there_is_no_failure) {
    EXPECT_EQ(run_to_end({.argv = {"no-such-program-here"}, .environment = {}}, {}), std::nullopt);
}

TEST(SubprocessTest, what_takes_too_long_is_killed) {
    const Subprocess sleeper{.argv = {"sleep", "60"}, .environment = {}, .timeout = 50ms};
    EXPECT_ERROR(ErrorKind::busy, run_to_end(sleeper, {}));
}

TEST(SubprocessTest, a_stop_ends_the_wait) {
    std::stop_source stop;
    stop.request_stop();
    const Subprocess sleeper{.argv = {"sleep", "60"}, .environment = {}};
    EXPECT_ERROR(ErrorKind::interrupted, run_to_end(sleeper, stop.get_token()));
}

TEST(SubprocessTest, output_without_end_is_refused) {
    EXPECT_ERROR(ErrorKind::integrity, shell("exec yes"));
}

TEST(SubprocessTest, children_do_not_get_the_secrets_of_the_environment) {
    const std::vector<std::string> variables = {"PATH=/bin", "NGC_API_KEY=k", "NGC_CLI_API_KEY=k",
                                                "AIC_IMAGE_PASSWORD=p", "NGC_API_KEYRING=x"};
    EXPECT_THAT(without_secrets(variables), ElementsAre("PATH=/bin", "NGC_API_KEYRING=x"));
}

TEST(SubprocessTest, a_program_that_is_not_there_or_fails_says_nothing) {
    EXPECT_EQ(output_of({"no-such-program"}, {}), std::nullopt);
    EXPECT_EQ(output_of({"false"}, {}), std::nullopt);
    EXPECT_EQ(output_of({"echo", "text"}, {}), "text\n");
}

} // namespace aic

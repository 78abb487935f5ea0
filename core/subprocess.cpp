// SPDX-License-Identifier: Apache-2.0
#include "core/subprocess.hpp"

#include "core/bytes.hpp"
#include "core/child.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/log.hpp"
#include "core/pipe.hpp"
#include "core/spawning.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <functional>
#include <utility>

namespace aic {

namespace {

using Clock = std::chrono::steady_clock;

/// As write(), to a pipe whose reader may be gone: that is EPIPE and no signal, whatever the
/// process makes of SIGPIPE. (A pair of sockets would do without, but a child cannot open one by
/// the name /dev/stdin.)
ssize_t write_without_signal(int fd, std::string_view bytes) {
    sigset_t sigpipe, before, pending;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    sigpending(&pending);
    ::pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
    const auto written = ::write(fd, bytes.data(), bytes.size());
    const int failure = errno;
    if (written < 0 && failure == EPIPE && !sigismember(&pending, SIGPIPE)) {
        constexpr timespec k_at_once{};
        ::sigtimedwait(&sigpipe, nullptr, &k_at_once);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = failure;
    return written;
}

/// Feeds the child's input and takes its output until it closes that.
class Conversation {
public:
    Conversation(const Subprocess& program, Fd to, Fd from, std::stop_token stop)
        : program_(program)
        , unsent_(program.input)
        , to_(std::move(to))
        , from_(std::move(from))
        , stopped_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
        , stop_(stop)
        , on_stop_(stop, [this] { ::eventfd_write(stopped_.get(), 1); }) {
        ::fcntl(to_.get(), F_SETFL, O_NONBLOCK);
        output_.reserve(program.output_limit_bytes); // a secret shall not be left behind by growing
    }

    std::string hold() {
        const auto deadline = Clock::now() + program_.timeout;
        do {
            send();
            wait_until(deadline);
        } while (receive());
        return std::move(output_);
    }

private:
    void send() {
        if (!to_)
            return;
        const auto sent = write_without_signal(to_.get(), unsent_);
        if (sent >= 0)
            unsent_.remove_prefix(static_cast<std::size_t>(sent));
        // A child that does not read all of its input is free not to.
        if (unsent_.empty() || (sent < 0 && errno != EAGAIN && errno != EINTR))
            to_ = Fd();
    }

    void wait_until(Clock::time_point deadline) {
        std::array<pollfd, 3> watched = {{{from_.get(), POLLIN, 0},
                                          {stopped_.get(), POLLIN, 0},
                                          {to_ ? to_.get() : -1, POLLOUT, 0}}};
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        const int ready =
            left > 0 ? ::poll(watched.data(), watched.size(), static_cast<int>(left)) : 0;
        if (stop_.stop_requested())
            throw Error(ErrorKind::interrupted, "interrupted");
        if (ready == 0)
            throw Error(ErrorKind::busy, "'{}' did not end within {} s", program_.argv.front(),
                        std::chrono::duration_cast<std::chrono::seconds>(program_.timeout).count());
        if (ready < 0 && errno != EINTR)
            throw system_error("waiting for '{}'", program_.argv.front());
        readable_ = ready > 0 && watched[0].revents != 0;
    }

    /// False at the end of the output.
    bool receive() {
        if (!readable_)
            return true;
        std::array<char, 4096> buffer;
        const auto count = ::read(from_.get(), buffer.data(), buffer.size());
        if (count < 0 && errno != EINTR)
            throw system_error("reading from '{}'", program_.argv.front());
        if (count > 0)
            append({buffer.data(), static_cast<std::size_t>(count)});
        ::explicit_bzero(buffer.data(), buffer.size());
        return count != 0;
    }

    void append(std::string_view text) {
        if (output_.size() + text.size() > program_.output_limit_bytes)
            throw Error(ErrorKind::integrity, "'{}' printed more than {}", program_.argv.front(),
                        human_size(program_.output_limit_bytes));
        output_ += text;
    }

    const Subprocess& program_;
    std::string_view unsent_;
    Fd to_, from_, stopped_;
    std::stop_token stop_;
    std::stop_callback<std::function<void()>> on_stop_;
    bool readable_ = false;
    std::string output_;
};

} // namespace

std::optional<SubprocessResult> run_to_end(const Subprocess& program, std::stop_token stop) {
    Pipe input, output;
    Spawning spawning;
    spawning.give(input.read_end.get(), STDIN_FILENO);
    spawning.give(output.write_end.get(), STDOUT_FILENO);
    if (!program.has_our_stderr)
        spawning.give_nothing(STDERR_FILENO);
    const auto pid = spawning.start(program.argv, program.environment);
    if (!pid)
        return std::nullopt;
    Child child(*pid);
    input.read_end = Fd();
    output.write_end = Fd(); // else its end would never come
    Conversation conversation(program, std::move(input.write_end), std::move(output.read_end),
                              stop);
    auto text = conversation.hold();
    return SubprocessResult{child.wait(), std::move(text)};
}

std::optional<std::string> output_of(std::vector<std::string> argv, std::stop_token stop) {
    const auto program = argv.front();
    try {
        const auto result = run_to_end({.argv = std::move(argv),
                                        .environment = environment_for_children(),
                                        .output_limit_bytes = 16 << 20,
                                        .timeout = std::chrono::seconds(10)},
                                       stop);
        return result && result->status == 0 ? std::optional(result->output) : std::nullopt;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted)
            throw;
        debug("asking '{}': {}", program, error.message());
        return std::nullopt;
    }
}

std::vector<std::string> without_secrets(std::span<const std::string> variables) {
    constexpr std::array<std::string_view, 3> k_secret = {
        "NGC_API_KEY=", "NGC_CLI_API_KEY=", "AIC_IMAGE_PASSWORD="};
    std::vector<std::string> kept;
    std::ranges::copy_if(variables, std::back_inserter(kept), [&](const std::string& variable) {
        return std::ranges::none_of(
            k_secret, [&](std::string_view name) { return variable.starts_with(name); });
    });
    return kept;
}

std::vector<std::string> environment_for_children() {
    std::vector<std::string> variables;
    for (char** variable = ::environ; variable && *variable; ++variable)
        variables.emplace_back(*variable);
    return without_secrets(variables);
}

} // namespace aic

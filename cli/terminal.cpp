// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <optional>

namespace aic::cli {

namespace {

constexpr std::size_t k_longest_line = 16384;

/// The terminal does not show what is typed; as it was before when this goes, for whatever reason.
class EchoOff {
public:
    explicit EchoOff(int terminal) : terminal_(terminal) {
        if (::tcgetattr(terminal_, &before_) != 0)
            throw system_error("reading the terminal's settings");
        auto quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        if (::tcsetattr(terminal_, TCSAFLUSH, &quiet) != 0)
            throw system_error("switching the terminal's echo off");
    }

    EchoOff(const EchoOff&) = delete;
    EchoOff& operator=(const EchoOff&) = delete;

    ~EchoOff() {
        ::tcsetattr(terminal_, TCSAFLUSH, &before_);
        [[maybe_unused]] const auto ignored = ::write(terminal_, "\n", 1);
    }

private:
    int terminal_;
    termios before_{};
};

/// Waits until there is something to read.
class StoppableWait {
public:
    explicit StoppableWait(std::stop_token stop)
        : stopped_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
        , stop_(stop)
        , on_stop_(stop, [this] { ::eventfd_write(stopped_.get(), 1); }) {}

    void operator()(int fd) const {
        std::array<pollfd, 2> watched = {{{fd, POLLIN, 0}, {stopped_.get(), POLLIN, 0}}};
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
            throw system_error("waiting for input");
        if (stop_.stop_requested())
            throw Error(ErrorKind::interrupted, "interrupted");
    }

private:
    Fd stopped_;
    std::stop_token stop_;
    std::stop_callback<std::function<void()>> on_stop_;
};

/// Up to the end of the line or of the input.
registry::Secret read_line(int fd, std::stop_token stop) {
    const StoppableWait wait(stop);
    std::string line;
    line.reserve(k_longest_line); // what a growing string leaves behind would not be wiped
    for (;;) {
        wait(fd);
        char c = 0;
        const auto count = ::read(fd, &c, 1);
        if (count < 0 && errno != EINTR && errno != EAGAIN)
            throw system_error("reading the input");
        if (count == 0 || (count > 0 && c == '\n'))
            break;
        if (count > 0 && line.size() == k_longest_line)
            throw Error(ErrorKind::usage, "the input's first line has more than {} bytes",
                        k_longest_line);
        if (count > 0)
            line += c;
    }
    if (line.ends_with('\r'))
        line.pop_back();
    return registry::Secret(std::move(line));
}

Fd open_terminal(std::string hint) {
    try {
        return open_file("/dev/tty", O_RDWR | O_NOCTTY);
    } catch (const Error&) {
        throw Error(ErrorKind::usage, "there is no terminal to ask on").with_hint(std::move(hint));
    }
}

void put(int terminal, std::string_view text) {
    write_all(terminal, as_bytes(text), "/dev/tty");
}

} // namespace

std::string ask(std::string_view question, std::string hint, std::stop_token stop) {
    const auto terminal = open_terminal(std::move(hint));
    put(terminal.get(), question);
    return read_line(terminal.get(), stop).reveal();
}

registry::Secret ask_secret(std::string_view question, std::string hint, std::stop_token stop) {
    const auto terminal = open_terminal(std::move(hint));
    // First: what is typed at the sight of the question must not show.
    const EchoOff quiet(terminal.get());
    put(terminal.get(), question);
    return read_line(terminal.get(), stop);
}

registry::Secret secret_from_stdin(std::stop_token stop) {
    return read_line(STDIN_FILENO, stop);
}

} // namespace aic::cli

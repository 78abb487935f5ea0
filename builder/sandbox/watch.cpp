// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/watch.hpp"

#include "builder/sandbox/report.hpp"
#include "core/error.hpp"
#include "core/spawning.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace aic::sandbox {

void allow_signals() {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

Watch::Watch() {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    ended_ = Fd(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!ended_)
        throw system_error("watching processes");
}

int Watch::wait_for(pid_t child) {
    for (;;) {
        int status = 0;
        for (pid_t ended = ::waitpid(-1, &status, WNOHANG); ended > 0;
             ended = ::waitpid(-1, &status, WNOHANG))
            if (ended == child)
                return shell_status(status);
        std::array<pollfd, 2> watched = {
            {{ended_.get(), POLLIN, 0}, {has_leash_ ? k_leash_fd : -1, POLLIN, 0}}};
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
            throw system_error("waiting for the script");
        signalfd_siginfo ignored;
        while (::read(ended_.get(), &ignored, sizeof ignored) > 0) {
        }
        if (watched[1].revents != 0)
            pass_on(child);
    }
}

void Watch::pass_on(pid_t child) {
    unsigned char number = 0;
    if (::read(k_leash_fd, &number, 1) != 1)
        has_leash_ = false;               // the one before us ends, and we with it
    else if (::kill(-child, number) != 0) // it has not made its session yet
        ::kill(child, number);
}

} // namespace aic::sandbox

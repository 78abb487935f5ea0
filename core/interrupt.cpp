// SPDX-License-Identifier: Apache-2.0
#include "core/interrupt.hpp"

#include <unistd.h>

#include <csignal>

namespace aic {

static sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2})
        sigaddset(&set, number);
    return set;
}

InterruptWatch::InterruptWatch() {
    const auto set = watched_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    // A closed pipe shows up as EPIPE where we write, with a message, not as sudden death.
    std::signal(SIGPIPE, SIG_IGN);
    thread_ = std::thread([this] { watch(); });
}

InterruptWatch::~InterruptWatch() {
    pthread_kill(thread_.native_handle(), SIGUSR2); // ours: ends the watch
    thread_.join();
}

void InterruptWatch::watch() {
    const auto set = watched_signals();
    for (;;) {
        int number = 0;
        if (sigwait(&set, &number) != 0 || number == SIGUSR2)
            return;
        if (signal_ != 0 && number == SIGHUP)
            continue; // of a terminal that closes come several
        if (signal_ != 0)
            ::_exit(128 + number);
        signal_ = number;
        stop_.request_stop();
    }
}

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace aic {

/// SIGINT, SIGTERM, SIGHUP and SIGUSR1, with which Slurm announces the end of a job where it is
/// told to, as one stop_source: the first asks for a clean stop, the second ends the process,
/// unless it is a SIGHUP, of which a terminal that closes sends several. Make one at the start of
/// main(), before any other thread, since the signals are blocked by it.
class InterruptWatch {
public:
    InterruptWatch();
    InterruptWatch(const InterruptWatch&) = delete;
    InterruptWatch& operator=(const InterruptWatch&) = delete;
    ~InterruptWatch();

    std::stop_token stop_token() const { return stop_.get_token(); }

    /// The signal that asked for the stop, 0 when none did.
    int signal() const { return signal_; }

private:
    void watch();

    std::stop_source stop_;
    std::atomic<int> signal_ = 0;
    std::thread thread_;
};

} // namespace aic

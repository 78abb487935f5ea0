// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/spawning.hpp"

#include <csignal>
#include <utility>

namespace aic {

/// A child that is killed and reaped unless it was waited for.
class Child {
public:
    explicit Child(pid_t pid) : pid_(pid) {}

    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

    Child& operator=(Child&&) = delete;

    ~Child() {
        if (pid_ < 0)
            return;
        ::kill(pid_, SIGKILL);
        wait();
    }

    /// Its status, as a shell has it.
    int wait() { return reap(std::exchange(pid_, -1)); }

private:
    pid_t pid_;
};

} // namespace aic

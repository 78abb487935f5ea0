// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/loopback.hpp"

#include <array>
#include <string>

namespace aic::testing {

/// An address where nobody is, on loopback: takes no connection, since its queue is full, and drops
/// what comes to it.
class FullListener {
public:
    FullListener() {
        for (auto& waiting : queue_) {
            waiting = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            ::connect(waiting.get(), listener_.name(), sizeof listener_.address);
        }
    }

    std::string address() const { return listener_.host_and_port(); }

    std::string url() const { return fmt::format("http://{}/", address()); }

private:
    LoopbackListener listener_{0};
    std::array<Fd, 4> queue_;
};

} // namespace aic::testing

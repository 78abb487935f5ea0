// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"
#include "core/fd.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>

namespace aic::testing {

/// An address where nobody is, on loopback: takes no connection, since its queue is full, and drops
/// what comes to it.
class FullListener {
public:
    FullListener() {
        sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof address;
        auto* const name = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_.get(), name, size) != 0 || ::listen(listener_.get(), 0) != 0
            || ::getsockname(listener_.get(), name, &size) != 0)
            throw system_error("listening");
        port_ = ntohs(address.sin_port);
        for (auto& waiting : queue_) {
            waiting = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            ::connect(waiting.get(), name, size);
        }
    }

    std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

    std::string url() const { return fmt::format("http://{}/", address()); }

private:
    Fd listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::array<Fd, 4> queue_;
    std::uint16_t port_ = 0;
};

} // namespace aic::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"
#include "core/fd.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <string>

namespace aic::testing {

/// A socket that listens on a free port of loopback.
struct LoopbackListener {
    explicit LoopbackListener(int backlog) {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (!fd || ::bind(fd.get(), name(), size) != 0 || ::listen(fd.get(), backlog) != 0
            || ::getsockname(fd.get(), name(), &size) != 0)
            throw system_error("listening on loopback");
    }

    sockaddr* name() { return reinterpret_cast<sockaddr*>(&address); }

    std::string host_and_port() const {
        return fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
    }

    Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
};

} // namespace aic::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"
#include "core/fd.hpp"

#include <unistd.h>

#include <array>

namespace aic {

struct Pipe {
    Fd read_end, write_end;

    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            throw system_error("making a pipe");
        read_end = Fd(ends[0]);
        write_end = Fd(ends[1]);
    }
};

} // namespace aic

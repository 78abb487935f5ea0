// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace aic::sandbox {

/// The descriptors that the sandbox's first process is started with, besides the standard ones.
enum Descriptor : int {
    k_plan_fd = 3,     ///< the plan, to be read
    k_report_fd = 4,   ///< reports, to be written
    k_layer_fd = 5,    ///< the layer's tar, to be written
    k_leash_fd = 6,    ///< ends when the one who wants the sandbox is gone; bytes are signals for a
                       ///< program, by their numbers
    k_terminal_fd = 7, ///< of a program, or of a shell after a script that failed
};

/// What the processes inside tell the one outside, a line each.
struct Report {
    enum class Kind {
        started,  ///< everything is set up, and the script runs
        shell,    ///< it has failed, with `status`, and a shell has the terminal
        ended,    ///< it has ended, with `status`
        full,     ///< there was no room left in the scratch directory then
        left_out, ///< `message` says what the layer does not hold
        written,  ///< the layer is written whole
        failed,   ///< `message` and `hint` say why, `error` of which kind
    };

    Kind kind = Kind::failed;
    int status = 0; ///< as a shell has it
    ErrorKind error = ErrorKind::system;
    std::string message{};
    std::string hint{};

    static Report of(const Error& error);
};

std::string to_line(const Report& report);
/// Nothing for a line that is none.
std::optional<Report> parse_report(std::string_view line);

/// Writes the line at once; what cannot be told is not.
void tell(const Report& report) noexcept;

} // namespace aic::sandbox

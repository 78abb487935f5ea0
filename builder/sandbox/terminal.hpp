// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/fd.hpp"

#include <termios.h>

#include <optional>

namespace aic::sandbox {

/// A terminal for programs inside, that is shown on the user's own while they have it.
class Terminal {
public:
    /// Throws Error(usage) when the process has no terminal.
    Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    ~Terminal() { give_back(); }

    /// The end for the programs inside.
    const Fd& inside() const { return inside_; }

    /// From now on what is typed goes inside, "Ctrl-C" too.
    void hand_over();
    /// The user's terminal is as it was.
    void give_back() noexcept;

    bool is_handed_over() const { return before_.has_value(); }

    // What is to be polled for input while it is handed over, and what to do then.
    int user_fd() const { return user_.get(); }

    int master_fd() const { return master_.get(); }

    void take_from_user();
    void take_from_inside();
    /// What programs that have ended have written.
    void take_rest_from_inside();
    /// Gives the terminal inside the size of the user's, whose window may have another by now.
    void fit();

private:
    Fd user_, master_, inside_;
    std::optional<termios> before_; ///< while it is handed over
};

} // namespace aic::sandbox

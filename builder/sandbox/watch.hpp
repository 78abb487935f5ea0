// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/fd.hpp"

#include <sys/types.h>

namespace aic::sandbox {

/// For a child, which has the mask of who started it.
void allow_signals();

/// Ended children as they end, and signals as they come over the leash. Make it before the first
/// child.
class Watch {
public:
    Watch();

    /// Until `child` ends, whose group gets the signals; how it ended. What else has ended is
    /// reaped.
    int wait_for(pid_t child);

private:
    void pass_on(pid_t child);

    Fd ended_;
    bool has_leash_ = true;
};

} // namespace aic::sandbox

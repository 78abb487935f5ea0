// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/child.hpp"
#include "core/fd.hpp"

#include <optional>
#include <string>
#include <vector>

namespace aic {

/// A program whose output is read while it runs. It has no input, and of the environment what is no
/// secret; what it says of errors is kept. Killed when this goes before its end.
class RunningProgram {
public:
    /// Nothing when there is no such program.
    static std::optional<RunningProgram> start(const std::vector<std::string>& argv);

    int output() const { return output_.get(); }

    /// To be called once, when its output has ended: its status, as a shell has it.
    int wait() { return child_.wait(); }

    /// The last line that it wrote to its standard error; "" when there is none.
    std::string last_complaint() const;

private:
    RunningProgram(Child child, Fd output, Fd complaints)
        : child_(std::move(child))
        , output_(std::move(output))
        , complaints_(std::move(complaints)) {}

    Child child_;
    Fd output_;
    Fd complaints_; ///< a file without a name, in memory
};

} // namespace aic

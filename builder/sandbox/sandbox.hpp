// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/sandbox/plan.hpp"

#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace aic::sandbox {

/// What is done with what a script brings about.
struct Observer {
    std::function<void(std::span<const std::byte>)> output; ///< what it prints, as it comes
    std::function<void(const std::string&)> warning;        ///< what its layer does not hold
    std::function<void(int status)> shell; ///< the script failed, and the user gets a shell now
    /// The layer's tar, to be read from this descriptor to its end; only when the script has ended
    /// with status 0, or where the changes of a program are kept.
    std::function<void(int fd)> layer;
    /// Whether the changes of a program that ended so are kept; where this is not set, they are.
    std::function<bool(int status)> keeps{};
    std::function<int()> signal{}; ///< which one a stop is; a program gets it
};

/// The hint of an error that says a program is not there.
inline constexpr std::string_view k_no_such_program =
    "the image has no such program where its PATH leads";

/// How a script has ended.
struct Outcome {
    int status = 0;               ///< as a shell has it
    bool scratch_is_full = false; ///< there was no room left for what it wrote
};

/// Runs a script or a program as a user with no privileges over images
/// (docs/decisions/0022-sandbox.md) and returns how it ended. Nothing of it runs or stays mounted
/// afterwards, however this process ends. Throws Error where the sandbox cannot be had, with what
/// mends that; a stop ends a step at once: Error(interrupted); a program gets the signal and may go
/// on.
///
/// `program` is what becomes the sandbox's first process: one whose main() calls inner_main() when
/// its name is k_inner_name; mostly running_program().
Outcome run(const Plan& plan, const std::filesystem::path& program, const Observer& observer,
            std::stop_token stop);

} // namespace aic::sandbox

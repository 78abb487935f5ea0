// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/sandbox/plan.hpp"
#include "core/config.hpp"
#include "core/foreground.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace aic::run {

/// A program in an image, on this machine.
struct RunRequest {
    std::filesystem::path image;      ///< any squashfs file
    std::vector<std::string> command; ///< looked for where the image's PATH leads
    std::filesystem::path project;    ///< at /workspace, and may be written
    std::string working_directory = "/workspace";
    std::vector<sandbox::Bind> mounts;
    std::vector<std::string> env; ///< "KEY=VALUE", before what the image says
    bool has_home = false;        ///< the caller's own; else an empty one
    bool is_root = false;         ///< inside, and else who the caller is
    bool is_writable = false;     ///< the image's files; what becomes of them is thrown away
    /// The tar of what the program changed in the image, to be read to its end; where this is set,
    /// the image is writable.
    std::function<void(int tar_fd)> changed{};
    /// Whether the changes of a program that ended so are wanted; where this is not set, they are.
    std::function<bool(int status)> keeps{};
    bool has_terminal = false; ///< the program's standard descriptors are a terminal
    std::filesystem::path sandbox_program = running_program(); ///< see sandbox::run()
};

/// Runs the program in the sandbox (docs/decisions/0022-sandbox.md) with the caller's standard
/// descriptors; its exit status, as a shell has it. `signal` says which signal a stop is, and the
/// program gets it. Throws Error(not_found) where the image has no such program.
int run_here(const RunRequest& request, const Config& config, const Environment& environment,
             const std::function<int()>& signal, std::stop_token stop);

} // namespace aic::run

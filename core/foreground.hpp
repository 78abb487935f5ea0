// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace aic {

/// A program that has this process's standard descriptors.
struct Foreground {
    std::vector<std::string> argv;           ///< the program is looked for where PATH leads
    std::vector<std::string> variables = {}; ///< "KEY=VALUE", besides the environment
    /// Of this process, unless it is said.
    std::optional<std::vector<std::string>> environment = {};
    int stop_signal = SIGTERM; ///< that it gets on a stop
    /// What a terminal sends reaches it too. Else it only gets the stop signal, and reads nothing
    /// from a terminal.
    bool has_terminals_signals = true;
};

/// Runs it to its end, also after a stop; its exit status, as a shell has it. Throws
/// Error(not_found) when there is no such program.
int run_in_foreground(const Foreground& program, std::stop_token stop);

/// What starts this program again, here and on nodes that share its file: its own file, or where a
/// package's launcher has started it that.
std::string own_program();
/// The same for this machine alone: it is this very program even if its file was exchanged
/// meanwhile.
std::string running_program();

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace aic {

/// A program to be run to its end. Its standard input is `input`, its standard error goes nowhere.
struct Subprocess {
    std::vector<std::string> argv;        ///< the program is looked up in PATH; never a secret
    std::vector<std::string> environment; ///< "NAME=value"
    std::string_view input = {};
    std::uint64_t output_limit_bytes = 65536; ///< more than that is Error(integrity)
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    bool has_our_stderr = false; ///< what it says of errors is for the user; else nobody sees it
};

struct SubprocessResult {
    int status = 0; ///< as a shell has it: 128 + the signal when one ended it
    std::string output;

    bool operator==(const SubprocessResult&) const = default;
};

/// Nothing when there is no such program. One that does not end in time is killed: Error(busy);
/// also on a stop: Error(interrupted).
std::optional<SubprocessResult> run_to_end(const Subprocess& program, std::stop_token stop);

/// What a program prints that is asked a simple question. Nothing when it is not there, fails, or
/// does not end within ten seconds. A stop is Error(interrupted).
std::optional<std::string> output_of(std::vector<std::string> argv, std::stop_token stop);

/// The environment for a child: `variables` without those that hold a secret.
std::vector<std::string> without_secrets(std::span<const std::string> variables);
/// The same of this process's own environment.
std::vector<std::string> environment_for_children();

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/alias.hpp"
#include "cli/command.hpp"
#include "core/interrupt.hpp"

namespace aic::cli {

/// The whole tree of options and commands: what parsing, help, completions and man pages come from.
class Application {
public:
    Application();
    ~Application();

    CLI::App& app() { return *app_; }

    GlobalOptions& options() { return options_; }

    /// The command that was asked for; null when none was.
    Command* chosen() const;
    /// Hands a command that takes another program's line that line; where it begins, and parsing is
    /// to end.
    std::size_t take_words(std::span<char* const> arguments);
    /// The verb nearest to a mistyped one, or nothing.
    std::optional<std::string> nearest_verb(std::string_view word) const;
    /// The long option nearest to a mistyped one; nothing for a word that is right or no option.
    std::optional<std::string> nearest_option(std::string_view word) const;

private:
    std::unique_ptr<CLI::App> app_;
    GlobalOptions options_;
    std::vector<std::unique_ptr<Command>> commands_;
    std::vector<CLI::App*> verbs_; ///< as commands_
};

/// Parses, runs, reports; the process's exit status.
int run(Invocation invocation, const InterruptWatch& interrupts);

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.hpp"
#include "cli/session.hpp"

#include <memory>
#include <string>
#include <vector>

namespace aic::cli {

/// One verb. A command parses, calls one function of a library, prints.
class Command {
public:
    virtual ~Command() = default;
    virtual const char* name() const = 0;
    virtual void describe(const Arguments& arguments) = 0;
    virtual void run(Session& session) = 0;

    /// Whether its words, from the first that is no option on, may be another program's line. Then
    /// they come to take_words(), "--" and all, and are not parsed.
    virtual bool takes_words() const { return false; }

    virtual void take_words(std::vector<std::string> words) { static_cast<void>(words); }

    /// Whether what it was told to do changes the store, whose catalogue then learns of it.
    virtual bool changes_store() const { return false; }
};

/// All commands in the order that help lists them.
std::vector<std::unique_ptr<Command>> all_commands();

} // namespace aic::cli

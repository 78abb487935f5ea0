// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "cli/commands/add.hpp"
#include "cli/commands/cat.hpp"
#include "cli/commands/files.hpp"
#include "cli/commands/generate.hpp"
#include "cli/commands/inspect.hpp"
#include "cli/commands/list.hpp"
#include "cli/commands/path.hpp"
#include "cli/commands/pull.hpp"
#include "cli/commands/rm.hpp"

namespace aic::cli {

std::vector<std::unique_ptr<Command>> all_commands() {
    std::vector<std::unique_ptr<Command>> commands;
    commands.push_back(std::make_unique<Pull>());
    commands.push_back(std::make_unique<Add>());
    commands.push_back(std::make_unique<List>());
    commands.push_back(std::make_unique<Inspect>());
    commands.push_back(std::make_unique<Path>());
    commands.push_back(std::make_unique<Files>());
    commands.push_back(std::make_unique<Cat>());
    commands.push_back(std::make_unique<Rm>());
    commands.push_back(std::make_unique<Generate>());
    return commands;
}

} // namespace aic::cli

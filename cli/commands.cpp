// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "cli/commands/add.hpp"
#include "cli/commands/adopt.hpp"
#include "cli/commands/batch.hpp"
#include "cli/commands/build.hpp"
#include "cli/commands/cat.hpp"
#include "cli/commands/commit.hpp"
#include "cli/commands/complete.hpp"
#include "cli/commands/containers.hpp"
#include "cli/commands/doctor.hpp"
#include "cli/commands/files.hpp"
#include "cli/commands/gc.hpp"
#include "cli/commands/generate.hpp"
#include "cli/commands/history.hpp"
#include "cli/commands/importer.hpp"
#include "cli/commands/init.hpp"
#include "cli/commands/inspect.hpp"
#include "cli/commands/list.hpp"
#include "cli/commands/login.hpp"
#include "cli/commands/logout.hpp"
#include "cli/commands/path.hpp"
#include "cli/commands/pin.hpp"
#include "cli/commands/pull.hpp"
#include "cli/commands/rename.hpp"
#include "cli/commands/resolve.hpp"
#include "cli/commands/restore.hpp"
#include "cli/commands/rm.hpp"
#include "cli/commands/run.hpp"
#include "cli/commands/share.hpp"
#include "cli/commands/srun_args.hpp"
#include "cli/commands/stage.hpp"
#include "cli/commands/stats.hpp"
#include "cli/commands/store.hpp"
#include "cli/commands/tags.hpp"
#include "cli/commands/unpin.hpp"
#include "cli/commands/unshare.hpp"
#include "cli/commands/verify.hpp"

namespace aic::cli {

std::vector<std::unique_ptr<Command>> all_commands() {
    std::vector<std::unique_ptr<Command>> commands;
    commands.push_back(std::make_unique<Pull>());
    commands.push_back(std::make_unique<Build>());
    commands.push_back(std::make_unique<Commit>());
    commands.push_back(std::make_unique<Containers>());
    commands.push_back(std::make_unique<Run>());
    commands.push_back(std::make_unique<Batch>());
    commands.push_back(std::make_unique<SrunArgs>());
    commands.push_back(std::make_unique<Login>());
    commands.push_back(std::make_unique<Logout>());
    commands.push_back(std::make_unique<Tags>());
    commands.push_back(std::make_unique<Resolve>());
    commands.push_back(std::make_unique<Add>());
    commands.push_back(std::make_unique<List>());
    commands.push_back(std::make_unique<Inspect>());
    commands.push_back(std::make_unique<History>());
    commands.push_back(std::make_unique<Stage>());
    commands.push_back(std::make_unique<Path>());
    commands.push_back(std::make_unique<Files>());
    commands.push_back(std::make_unique<Cat>());
    commands.push_back(std::make_unique<Rename>());
    commands.push_back(std::make_unique<Rm>());
    commands.push_back(std::make_unique<Restore>());
    commands.push_back(std::make_unique<Pin>());
    commands.push_back(std::make_unique<Unpin>());
    commands.push_back(std::make_unique<Share>());
    commands.push_back(std::make_unique<Unshare>());
    commands.push_back(std::make_unique<Adopt>());
    commands.push_back(std::make_unique<Importer>());
    commands.push_back(std::make_unique<Init>());
    commands.push_back(std::make_unique<Gc>());
    commands.push_back(std::make_unique<Verify>());
    commands.push_back(std::make_unique<Stats>());
    commands.push_back(std::make_unique<Doctor>());
    commands.push_back(std::make_unique<StoreCommand>());
    commands.push_back(std::make_unique<Generate>());
    commands.push_back(std::make_unique<Complete>());
    return commands;
}

} // namespace aic::cli

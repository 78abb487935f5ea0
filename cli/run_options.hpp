// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace aic::cli {

/// How a program is run, in words: from the command line, or from a project's file.
struct RunOptions {
    std::string gpus, nodes, tasks;
    std::string slurm; ///< further options of srun's
    std::string working_directory;
    std::vector<std::string> mounts; ///< "SRC[:DST][:ro]"
    std::vector<std::string> env;    ///< "NAME[=VALUE]"
    std::vector<std::string> command;
    bool has_home = false;
    bool is_root = false;
    bool is_writable = false;

    /// These, where something is said, and else `file`'s; lists are `file`'s, then these.
    RunOptions onto(RunOptions file) const;
};

} // namespace aic::cli

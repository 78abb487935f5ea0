// SPDX-License-Identifier: Apache-2.0
#include "cli/run_options.hpp"

#include <array>
#include <utility>

namespace aic::cli {

RunOptions RunOptions::onto(RunOptions file) const {
    const std::array texts = {std::pair{&gpus, &file.gpus}, std::pair{&nodes, &file.nodes},
                              std::pair{&tasks, &file.tasks},
                              std::pair{&working_directory, &file.working_directory}};
    for (const auto& [said, written] : texts)
        if (!said->empty())
            *written = *said;
    if (!command.empty())
        file.command = command;
    if (!slurm.empty()) // srun takes the last that is said of one thing
        file.slurm += file.slurm.empty() ? slurm : ' ' + slurm;
    file.mounts.insert(file.mounts.end(), mounts.begin(), mounts.end());
    file.env.insert(file.env.end(), env.begin(), env.end());
    file.has_home = file.has_home || has_home;
    file.is_root = file.is_root || is_root;
    file.is_writable = file.is_writable || is_writable;
    return file;
}

} // namespace aic::cli

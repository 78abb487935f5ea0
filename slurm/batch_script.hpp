// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slurm/srun_line.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aic::slurm {

/// A script of the user's that is to run in a container, as a job.
struct BatchJob {
    /// Its command is the script as it is inside; its options are srun's alone, see divide().
    ContainerStep step;
    std::string name;                    ///< of the job
    std::vector<std::string> directives; ///< the script's own, see directives_of()
    std::vector<std::string> line;       ///< that submits it, but for the script
};

/// The "#SBATCH" lines of a script: those before the first line that is neither empty nor a
/// comment (sbatch(1)).
std::vector<std::string> directives_of(std::string_view script);

/// The program and its arguments that the first line of a script names, "#!/bin/sh -e"; nothing
/// when it names none.
std::vector<std::string> interpreter_of(std::string_view script);

/// Throws Error(usage) for lines that cannot be meant where the script runs in a container.
void check_directives(const std::vector<std::string>& directives);

/// What sbatch is given, which administrators can read and Slurm's accounting may keep: the values
/// of variables that are handed on are not in it, sbatch has them from its environment. What the
/// user says of nodes and the like is said to sbatch itself, which takes its command line before
/// the environment, and that before a script.
std::string batch_script(const BatchJob& job);

} // namespace aic::slurm

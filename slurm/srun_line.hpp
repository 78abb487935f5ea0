// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::slurm {

/// A directory or file of the cluster's as a container has it.
struct ContainerMount {
    std::string source; ///< absolute
    std::string target; ///< absolute, inside
    bool is_writable = true;
};

/// A program in a container, as a step of Slurm's.
struct ContainerStep {
    std::string image; ///< a path, or what pyxis' importer is asked for
    std::vector<std::string> command;
    std::vector<ContainerMount> mounts;
    std::string working_directory = "/workspace";
    std::vector<std::string> variables; ///< "KEY=VALUE", before what the image says
    std::vector<std::string> handed_on; ///< names of those that are the user's environment's
    std::optional<std::string> gpus;    ///< on each node
    std::optional<std::string> nodes;
    std::optional<std::string> tasks;
    std::optional<std::string> container_name;
    bool has_home = false;
    bool is_root = false;
    bool is_writable = false;
    bool has_terminal = false;
    bool is_as_the_site_has_it = false; ///< home and root, of which nothing is said then
    std::vector<std::string> options;   ///< of srun's or sbatch's, as they are
};

/// What srun and sbatch are told of nodes, tasks and GPUs, and what else the user says to them.
std::vector<std::string> resource_words(const ContainerStep& step);
/// What srun is told of the container, which pyxis adds to it. Throws Error(usage) for a path that
/// pyxis cannot be told.
std::vector<std::string> container_words(const ContainerStep& step);
/// The same as variables, "KEY=VALUE", which pyxis and srun take where the options are not given;
/// then the step's own. Of srun's further options nothing can be said so.
std::vector<std::string> container_variables(const ContainerStep& step);

/// The command line of srun, which takes the variables from its own environment. Throws
/// Error(usage) for a path that pyxis cannot be told.
std::vector<std::string> srun_line(const ContainerStep& step);

/// What NVIDIA's hook of enroot has to be told to put GPUs into a container, where neither the
/// image nor the user says it: "KEY=VALUE". Without them it gives none.
std::vector<std::string> gpu_variables(const std::vector<std::string>& image_env,
                                       const std::vector<std::string>& users);

/// Whether srun knows pyxis' options, by what `srun --help` prints.
bool has_pyxis(std::string_view help);

} // namespace aic::slurm

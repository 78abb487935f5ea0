// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::slurm {

/// "a" and "b" of "a,b", as Slurm writes lists of partitions.
std::vector<std::string> names_in(std::string_view list);

/// What words for srun, sbatch or salloc say for an option, the last time: "-p a", "-pa",
/// "--partition=a", "--partition a".
std::optional<std::string> value_in(const std::vector<std::string>& words, char letter,
                                    std::string_view name);

/// The partitions that they ask for: "-p a,b", "--partition=a".
std::vector<std::string> partitions_in(const std::vector<std::string>& words);

/// Whether they want GPUs: --gpus, --gres=gpu:2, --gpus-per-task and their like.
bool asks_for_gpus(const std::vector<std::string>& words);

/// What makes a job in which srun starts a step later.
enum class JobMaker { sbatch, salloc };

/// Words that a user says to a job and its step at once, as he does to srun.
struct DividedWords {
    std::vector<std::string> job;
    std::vector<std::string> step; ///< srun's alone, --mpi and --label for two
};

/// By what Slurm 22.05's and later manuals say of the three. What nobody knows is the job's.
DividedWords divide(const std::vector<std::string>& words, JobMaker maker);

} // namespace aic::slurm

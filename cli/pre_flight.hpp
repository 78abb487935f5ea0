// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/image_argument.hpp"
#include "cli/session.hpp"
#include "slurm/srun_line.hpp"

#include <string>
#include <vector>

namespace aic::cli {

/// What would only be found when the job starts, perhaps hours from now: whether the image can be
/// read, has the nodes' architecture, and is not newer than the driver, and whether what is mounted
/// is there. Throws where it is sure to fail, and tells of what may. `env` is the image's,
/// `options` are Slurm's.
void check_before_queue(const Session& session, const ImageArgument& image,
                        const std::vector<std::string>& env,
                        const std::vector<slurm::ContainerMount>& mounts,
                        const std::vector<std::string>& options, bool wants_gpus);

} // namespace aic::cli

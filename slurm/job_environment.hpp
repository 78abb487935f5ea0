// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/lease.hpp"
#include "core/config.hpp"

#include <optional>

namespace aic::slurm {

/// For how long a job is to hold an image.
enum class LeaseFor {
    step, ///< until it is released
    job,  ///< until the job is over: nobody tells when a path is not needed any more
};

/// The job, and perhaps the step of it, that this process belongs to, by the variables that Slurm
/// sets; nothing outside a job. A batch script's own step has no number: "batch".
std::optional<cache::JobStep> current_holder(LeaseFor whom, const Environment& environment);

/// Whether this process is in a step that srun started, and not in a batch script or what salloc
/// starts.
bool is_in_step(const Environment& environment);

/// A lease of that step on an image, from now on. The job's time limit is in it where Slurm tells.
cache::Lease lease_for(const cache::JobStep& step, const cache::ImageKey& image, uid_t image_owner,
                       const Environment& environment);

} // namespace aic::slurm

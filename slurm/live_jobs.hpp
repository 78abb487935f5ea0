// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/lease.hpp"

#include <optional>
#include <stop_token>
#include <string_view>

namespace aic::slurm {

/// The caller's jobs that have not ended, by `squeue`, and the cluster, by `scontrol`. Nothing when
/// there is no Slurm here or it does not answer within ten seconds.
std::optional<cache::LiveJobs> live_jobs(std::stop_token stop);

/// The numbers of the jobs that may still run, of lines "NUMBER STATE". A state that is not known
/// to be an end may be none.
std::set<std::string> unfinished_in(std::string_view queue);

} // namespace aic::slurm

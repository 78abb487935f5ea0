// SPDX-License-Identifier: Apache-2.0
#include "slurm/live_jobs.hpp"

#include "core/subprocess.hpp"
#include "slurm/configuration.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace aic::slurm {

std::set<std::string> unfinished_in(std::string_view queue) {
    constexpr std::array<std::string_view, 10> k_ends = {
        "BOOT_FAIL", "CANCELLED", "COMPLETED",     "DEADLINE", "FAILED",
        "NODE_FAIL", "PREEMPTED", "OUT_OF_MEMORY", "REVOKED",  "TIMEOUT"};
    std::set<std::string> jobs;
    std::istringstream lines{std::string(queue)};
    for (std::string job, array, state; lines >> job >> array >> state;)
        if (std::ranges::find(k_ends, state) == k_ends.end())
            jobs.insert({job, array});
    return jobs;
}

std::optional<cache::LiveJobs> live_jobs(std::stop_token stop) {
    const auto configuration = show_configuration(stop);
    const auto cluster = configuration ? setting_in(*configuration, "ClusterName") : std::nullopt;
    if (!cluster)
        return std::nullopt;
    const auto queue =
        output_of({"squeue", "--noheader", "--me", "--states=all", "--format=%A %F %T"}, stop);
    return queue ? std::optional(cache::LiveJobs{*cluster, unfinished_in(*queue)}) : std::nullopt;
}

} // namespace aic::slurm

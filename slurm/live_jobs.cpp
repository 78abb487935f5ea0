// SPDX-License-Identifier: Apache-2.0
#include "slurm/live_jobs.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/subprocess.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace aic::slurm {

namespace {

std::optional<std::string> output_of(std::vector<std::string> argv, std::stop_token stop) {
    const auto result = run_to_end({.argv = std::move(argv),
                                    .environment = environment_for_children(),
                                    .output_limit_bytes = 16 << 20,
                                    .timeout = std::chrono::seconds(10)},
                                   stop);
    return result && result->status == 0 ? std::optional(result->output) : std::nullopt;
}

} // namespace

std::optional<std::string> cluster_name_in(std::string_view config) {
    std::istringstream lines{std::string(config)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key, equals, value;
        if (words >> key >> equals >> value && key == "ClusterName" && equals == "=")
            return value;
    }
    return std::nullopt;
}

std::set<std::string> unfinished_in(std::string_view queue) {
    constexpr std::array<std::string_view, 10> k_ends = {
        "BOOT_FAIL", "CANCELLED", "COMPLETED",     "DEADLINE", "FAILED",
        "NODE_FAIL", "PREEMPTED", "OUT_OF_MEMORY", "REVOKED",  "TIMEOUT"};
    std::set<std::string> jobs;
    std::istringstream lines{std::string(queue)};
    for (std::string job, state; lines >> job >> state;)
        if (std::ranges::find(k_ends, state) == k_ends.end())
            jobs.insert(job);
    return jobs;
}

std::optional<cache::LiveJobs> live_jobs(std::stop_token stop) {
    try {
        const auto config = output_of({"scontrol", "show", "config"}, stop);
        const auto cluster = config ? cluster_name_in(*config) : std::nullopt;
        if (!cluster)
            return std::nullopt;
        const auto queue =
            output_of({"squeue", "--noheader", "--me", "--states=all", "--format=%A %T"}, stop);
        return queue ? std::optional(cache::LiveJobs{*cluster, unfinished_in(*queue)})
                     : std::nullopt;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted)
            throw;
        debug("asking Slurm: {}", error.message());
        return std::nullopt;
    }
}

} // namespace aic::slurm

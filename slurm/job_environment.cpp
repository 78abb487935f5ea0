// SPDX-License-Identifier: Apache-2.0
#include "slurm/job_environment.hpp"

#include "core/machine.hpp"

#include <charconv>
#include <ctime>

namespace aic::slurm {

namespace {

std::optional<std::int64_t> number(const std::optional<std::string>& text) {
    std::int64_t value = 0;
    if (!text)
        return std::nullopt;
    const auto* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, value);
    return parsed.ec == std::errc() && parsed.ptr == end && value > 0 ? std::optional(value)
                                                                      : std::nullopt;
}

} // namespace

std::optional<cache::JobStep> current_step(const Environment& environment) {
    const auto job = environment("SLURM_JOB_ID");
    if (!job)
        return std::nullopt;
    // Not SLURMD_NODENAME: the last release of a step may lack it.
    return cache::JobStep{.job = *job,
                          .step = environment("SLURM_STEP_ID").value_or("batch"),
                          .host = host_name(),
                          .cluster = environment("SLURM_CLUSTER_NAME")};
}

cache::Lease lease_for(const cache::JobStep& step, const cache::ImageKey& image, uid_t image_owner,
                       const Environment& environment) {
    return {.holder = step,
            .image = image,
            .image_owner = image_owner,
            .boot_id = boot_id(),
            .taken_seconds = std::time(nullptr),
            .ends_seconds = number(environment("SLURM_JOB_END_TIME"))};
}

} // namespace aic::slurm

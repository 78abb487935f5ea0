// SPDX-License-Identifier: Apache-2.0
#include "slurm/job_environment.hpp"

#include "core/machine.hpp"

#include <charconv>
#include <ctime>

namespace aic::slurm {

namespace {

/// A time of a variable, which may say anything; nothing when it is no time that can be written.
std::optional<std::int64_t> unix_time(const std::optional<std::string>& text) {
    constexpr std::int64_t k_last = 253'402'300'799; // 9999-12-31T23:59:59Z
    std::int64_t value = 0;
    if (!text)
        return std::nullopt;
    const auto* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, value);
    const bool is_time =
        parsed.ec == std::errc() && parsed.ptr == end && value > 0 && value <= k_last;
    return is_time ? std::optional(value) : std::nullopt;
}

} // namespace

std::optional<cache::JobStep> current_holder(LeaseFor whom, const Environment& environment) {
    const auto job = environment("SLURM_JOB_ID");
    if (!job)
        return std::nullopt;
    const auto step = environment("SLURM_STEP_ID").value_or("batch");
    // Not SLURMD_NODENAME: the last release of a step may lack it.
    return cache::JobStep{.job = *job,
                          .step = whom == LeaseFor::job ? cache::k_whole_job : step,
                          .host = host_name(),
                          .cluster = environment("SLURM_CLUSTER_NAME")};
}

bool is_in_step(const Environment& environment) {
    constexpr std::size_t k_most_digits = 9; // Slurm's own steps, "batch" for one, have ten
    const auto step = environment("SLURM_STEP_ID");
    return environment("SLURM_JOB_ID") && step && step->size() <= k_most_digits;
}

cache::Lease lease_for(const cache::JobStep& step, const cache::ImageKey& image, uid_t image_owner,
                       const Environment& environment) {
    return {.holder = step,
            .image = image,
            .image_owner = image_owner,
            .boot_id = boot_id(),
            .taken_seconds = std::time(nullptr),
            .ends_seconds = unix_time(environment("SLURM_JOB_END_TIME"))};
}

} // namespace aic::slurm

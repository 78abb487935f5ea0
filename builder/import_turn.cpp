// SPDX-License-Identifier: Apache-2.0
#include "builder/import_turn.hpp"

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/printable.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace aic::builder {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds k_look_interval(300);

void pause(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, k_look_interval, [] { return false; });
    if (stop.stop_requested())
        throw Error(ErrorKind::interrupted, "stopped");
}

/// Fetching and converting count alike, so that the figure never stands still for long.
cache::WorkDone work_done(const Progress& progress, steady_clock::time_point start) {
    const auto taken = steady_clock::now() - start;
    cache::WorkDone work{.taken_seconds = static_cast<std::uint64_t>(
                             std::chrono::duration_cast<std::chrono::seconds>(taken).count())};
    for (const auto& item : progress.items()) {
        work.total_bytes += 2 * item.size_bytes;
        work.done_bytes +=
            std::max(item.fetched_bytes, item.converted_bytes) + item.converted_bytes;
    }
    return work;
}

cache::Claim::HowFar watched(const Progress* progress) {
    return [progress, start = steady_clock::now()] {
        return progress ? work_done(*progress, start) : cache::WorkDone{};
    };
}

} // namespace

std::string claim_key(std::string_view reference, const oci::Platform& platform,
                      std::string_view variant, std::optional<uid_t> only_user) {
    const auto audience = only_user ? fmt::format("\n{}", *only_user) : std::string();
    return to_hex(
        sha256_of(fmt::format("{}\n{}\n{}{}", reference, platform.str(), variant, audience)));
}

std::string slurm_job(const Environment& environment) {
    const auto job = environment("SLURM_JOB_ID");
    if (!job)
        return "";
    const auto step = environment("SLURM_STEP_ID");
    return step ? fmt::format("{}.{}", *job, *step) : *job;
}

std::string holder_text(const cache::ClaimNote& holder, const cache::ClaimNote& own) {
    const auto job = holder.job.empty() ? "" : fmt::format(" (job {})", printable(holder.job));
    const auto user = printable(holder.user);
    if (holder.host != own.host)
        return fmt::format("{} on {}{} is pulling this", user, printable(holder.host), job);
    if (holder.user != own.user)
        return fmt::format("{}{} is pulling this", user, job);
    return fmt::format("process {}{} is pulling this", holder.pid, job);
}

std::string work_text(const cache::WorkDone& work) {
    if (work.done_bytes == 0 || work.done_bytes > work.total_bytes)
        return "";
    const auto part = static_cast<double>(work.done_bytes) / static_cast<double>(work.total_bytes);
    const double left_seconds = static_cast<double>(work.taken_seconds) * (1 - part) / part;
    const auto percent = fmt::format("{:.0f} %", 100 * part);
    if (work.taken_seconds < 2)
        return percent;
    return left_seconds < 90 ? fmt::format("{}, {:.0f} s left", percent, left_seconds)
                             : fmt::format("{}, {:.0f} min left", percent, left_seconds / 60);
}

std::unique_ptr<cache::Claim> wait_for_turn(cache::Claimant& claimant, Progress* progress,
                                            const std::function<bool()>& is_there,
                                            std::stop_token stop) {
    // Who is not waited for may still be faster, again and again.
    constexpr int k_attempts = 100;
    bool has_waited = false;
    for (int attempt = 0; attempt < k_attempts; ++attempt, has_waited = true) {
        while (const auto holder = claimant.holder()) {
            if (progress)
                progress->phase(holder_text(*holder, claimant.own()), work_text(holder->work));
            pause(stop);
            has_waited = true;
        }
        if (has_waited && is_there())
            return nullptr;
        try {
            if (auto claim = claimant.take(watched(progress)))
                return claim;
        } catch (const Error& error) {
            debug("going on without a claim: {}", error.message());
            return nullptr;
        }
    }
    return nullptr;
}

} // namespace aic::builder

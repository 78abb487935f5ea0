// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace aic::cache {

/// In the place of a step's number: all of the job.
inline constexpr const char* k_whole_job = "job";

/// One step of a job, or all of it, on one node.
struct JobStep {
    std::string job;                    ///< Slurm's number
    std::string step;                   ///< a number, "batch" or k_whole_job
    std::string host;                   ///< as the node calls itself
    std::optional<std::string> cluster; ///< that the job's number belongs to, where it is known

    bool is_whole_job() const { return step == k_whole_job; }

    /// "job 1234.0 on gpu03", "job 1234 on gpu03".
    std::string str() const;
    bool operator==(const JobStep&) const = default;
};

/// A job's hold on one image, for as long as the job may read it (docs/formats/names.md).
struct Lease {
    JobStep holder;
    ImageKey image;
    uid_t image_owner;                          ///< in whose subtree of the store it is
    std::string boot_id;                        ///< of the node's start that the job runs in
    std::int64_t taken_seconds = 0;             ///< Unix time
    std::optional<std::int64_t> ends_seconds{}; ///< Unix time of the job's time limit, if known
};

std::string to_json(const Lease& lease);
/// Throws Error(integrity) naming the field that is missing or malformed.
Lease parse_lease(std::string_view json);

/// A lease without a time limit that is as old as this is over.
inline constexpr std::chrono::seconds k_lease_age = std::chrono::hours(30 * 24);
/// A job may end so long after its time limit: clocks differ, and limits can be moved.
inline constexpr std::chrono::seconds k_lease_grace = std::chrono::hours(24);

/// Where and when leases are judged.
struct Vantage {
    std::int64_t now_seconds;
    std::string host;
    std::string boot_id;

    /// Here and now.
    static Vantage current();
};

/// Whether the job cannot be running any more, by what the lease says alone: the node was started
/// anew, or the job's time is over. Pure.
bool is_over(const Lease& lease, const Vantage& vantage);

/// The caller's jobs that may still run, on the cluster that was asked.
struct LiveJobs {
    std::string cluster;
    std::set<std::string> jobs;
};

/// Asks Slurm; nothing when it does not answer.
using LiveJobsQuery = std::function<std::optional<LiveJobs>()>;

/// One user's leases, a file each.
class Leases {
public:
    explicit Leases(Layout layout) : layout_(std::move(layout)) {}

    /// Holds the image for this step, in the place of what it held before, or for the whole job,
    /// beside what that holds. One that is being removed meanwhile is brought back if it is the
    /// user's own.
    void take(const Lease& lease) const;
    /// What the step holds. False when that is nothing.
    bool release(const JobStep& step) const;
    /// Those that are not over, as far as that can be told without asking Slurm, and whose files
    /// are not among those that over() has found. What cannot be read is left out.
    std::vector<Lease> held(const Vantage& vantage,
                            const std::vector<std::filesystem::path>& over = {}) const;
    /// The files of those that are over, and of what is no lease and was there for k_lease_age.
    /// Slurm is asked only when there are leases of its jobs.
    std::vector<std::filesystem::path> over(const Vantage& vantage,
                                            const LiveJobsQuery& live_jobs) const;
    /// Removes those files, and says how many they were.
    std::size_t drop_over(const Vantage& vantage, const LiveJobsQuery& live_jobs) const;

private:
    bool is_taken(const Lease& lease) const;
    std::optional<Lease> read(const std::filesystem::path& path) const;
    std::filesystem::path path_of(const JobStep& step) const;
    std::filesystem::path path_of(const Lease& lease) const;

    Layout layout_;
};

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#include "cache/lease.hpp"

#include "cache/json_fields.hpp"
#include "cache/modes.hpp"
#include "cache/record.hpp"
#include "cache/subtree.hpp"
#include "cache/trash.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "core/machine.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr int k_lease_version = 1;
constexpr std::uint64_t k_max_lease_bytes = 64 << 10;
constexpr std::string_view k_suffix = ".lease";

/// What stands in a file's name: variables of a job may say anything.
std::string file_word(std::string_view text) {
    constexpr std::size_t k_longest = 64;
    std::string word(text.substr(0, k_longest));
    for (auto& byte : word) {
        const bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z')
                              || (byte >= 'A' && byte <= 'Z') || byte == '-';
        if (!is_plain)
            byte = '_';
    }
    return word;
}

std::string file_words(const JobStep& step) {
    return fmt::format("{}.{}.{}", file_word(step.job), file_word(step.step), file_word(step.host));
}

} // namespace

std::string JobStep::str() const {
    return is_whole_job() ? fmt::format("job {} on {}", job, host)
                          : fmt::format("job {}.{} on {}", job, step, host);
}

std::string to_json(const Lease& lease) {
    return to_file_text({
        {"version", k_lease_version},
        {"id", lease.image.id.str()},
        {"variant", lease.image.variant},
        {"owner_uid", lease.image_owner},
        {"job", lease.holder.job},
        {"step", lease.holder.step},
        {"host", lease.holder.host},
        {"cluster", text_or_null(lease.holder.cluster)},
        {"boot_id", lease.boot_id},
        {"taken", utc_time(lease.taken_seconds)},
        {"ends", lease.ends_seconds ? nlohmann::json(utc_time(*lease.ends_seconds))
                                    : nlohmann::json(nullptr)},
    });
}

Lease parse_lease(std::string_view text) {
    const auto value = parse_versioned(text, k_lease_version);
    const Fields fields(value);
    const auto ends = fields.text_if_there("ends");
    return {
        .holder = {.job = fields.get<std::string>("job"),
                   .step = fields.get<std::string>("step"),
                   .host = fields.get<std::string>("host"),
                   .cluster = fields.text_if_there("cluster")},
        .image = {fields.digest<ImageId>("id"), fields.file_name("variant")},
        .image_owner = fields.number<uid_t>("owner_uid"),
        .boot_id = fields.get<std::string>("boot_id"),
        .taken_seconds = parse_utc_time(fields.get<std::string>("taken")),
        .ends_seconds = ends ? std::optional(parse_utc_time(*ends)) : std::nullopt,
    };
}

Vantage Vantage::current() {
    return {std::time(nullptr), host_name(), aic::boot_id()};
}

bool is_over(const Lease& lease, const Vantage& vantage) {
    const bool same_host = lease.holder.host == vantage.host;
    const bool boots_are_known = !lease.boot_id.empty() && !vantage.boot_id.empty();
    if (same_host && boots_are_known && lease.boot_id != vantage.boot_id)
        return true;
    const auto end = lease.ends_seconds ? *lease.ends_seconds + k_lease_grace.count()
                                        : lease.taken_seconds + k_lease_age.count();
    return vantage.now_seconds > end;
}

fs::path Leases::path_of(const JobStep& step) const {
    return layout_.leases() / fmt::format("{}{}", file_words(step), k_suffix);
}

fs::path Leases::path_of(const Lease& lease) const {
    if (!lease.holder.is_whole_job())
        return path_of(lease.holder);
    const auto& [id, variant] = lease.image;
    return layout_.leases()
           / fmt::format("{}.{}.{}{}", file_words(lease.holder), id.hex().substr(0, 12),
                         file_word(variant), k_suffix);
}

void Leases::take(const Lease& lease) const {
    make_beneath(layout_, layout_.leases());
    if (!is_taken(lease))
        write_file(path_of(lease), to_json(lease), k_file_mode);
    // As after pinning: a collection beside us looks at the leases after taking an image away.
    if (lease.image_owner == layout_.owner())
        Trash(layout_).bring_back(lease.image.id, lease.image.variant);
}

/// All ranks of a job ask for the same; one of them writes.
bool Leases::is_taken(const Lease& lease) const {
    const auto there = lease.holder.is_whole_job() ? read(path_of(lease)) : std::nullopt;
    return there && there->holder == lease.holder && there->image == lease.image
           && there->image_owner == lease.image_owner && there->boot_id == lease.boot_id
           && there->ends_seconds == lease.ends_seconds
           && lease.taken_seconds - there->taken_seconds < k_lease_grace.count();
}

bool Leases::release(const JobStep& step) const {
    const auto path = path_of(step);
    if (::unlink(path.c_str()) == 0)
        return true;
    if (errno != ENOENT)
        throw system_error("removing '{}'", path.native());
    return false;
}

std::optional<Lease> Leases::read(const fs::path& path) const {
    try {
        const auto text = path.extension() == k_suffix
                              ? read_beneath(layout_, path, k_max_lease_bytes)
                              : std::nullopt;
        return text ? std::optional(parse_lease(*text)) : std::nullopt;
    } catch (const Error& error) {
        debug("the lease '{}': {}", path.native(), error.message());
        return std::nullopt;
    }
}

std::vector<Lease> Leases::held(const Vantage& vantage, const std::vector<fs::path>& over) const {
    std::vector<Lease> held;
    for (const auto& path : entries_of(layout_.leases()))
        if (std::ranges::find(over, path) == over.end())
            if (auto lease = read(path); lease && !is_over(*lease, vantage))
                held.push_back(std::move(*lease));
    return held;
}

namespace {

bool is_old(const fs::path& path, std::int64_t now_seconds) {
    struct stat status;
    return ::lstat(path.c_str(), &status) == 0
           && status.st_mtim.tv_sec + k_lease_age.count() < now_seconds;
}

/// Whether the job is none of those that may still run.
bool has_ended(const Lease& lease, const std::optional<LiveJobs>& live) {
    return live && lease.holder.cluster == live->cluster && !live->jobs.contains(lease.holder.job);
}

} // namespace

std::vector<fs::path> Leases::over(const Vantage& vantage, const LiveJobsQuery& live_jobs) const {
    std::vector<fs::path> over;
    std::vector<std::pair<fs::path, Lease>> held;
    for (const auto& path : entries_of(layout_.leases())) {
        auto lease = read(path);
        if (lease ? is_over(*lease, vantage) : is_old(path, vantage.now_seconds))
            over.push_back(path);
        else if (lease)
            held.emplace_back(path, std::move(*lease));
    }
    // Asked after the leases were read: what was taken since is not among them.
    const auto live = held.empty() || !live_jobs ? std::nullopt : live_jobs();
    for (const auto& [path, lease] : held)
        if (has_ended(lease, live))
            over.push_back(path);
    return over;
}

std::size_t Leases::drop_over(const Vantage& vantage, const LiveJobsQuery& live_jobs) const {
    const auto files = over(vantage, live_jobs);
    for (const auto& file : files)
        ::unlink(file.c_str());
    return files.size();
}

} // namespace aic::cache

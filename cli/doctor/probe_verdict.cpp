// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/probe_verdict.hpp"

#include "core/file_system.hpp"
#include "core/machine.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <system_error>
#include <vector>

namespace aic::cli::doctor {

namespace {

using namespace std::chrono_literals;

Finding judge_clock(std::chrono::milliseconds ahead) {
    if (std::chrono::abs(ahead) < 2s)
        return ok("clock", "the same as this machine's");
    const auto seconds = static_cast<double>(std::abs(ahead.count())) / 1000;
    const auto text =
        fmt::format("{:.1f} s {} this machine's: ages, by which 'gc' chooses, are off "
                    "by as much",
                    seconds, ahead > 0ms ? "ahead of" : "behind");
    constexpr const char* k_mend =
        "as root on both: timedatectl set-ntp true (or chronyc makestep)";
    return std::chrono::abs(ahead) < 5min ? warning("clock", text, k_mend)
                                          : problem("clock", text, k_mend);
}

std::vector<gid_t> groups_of_caller() {
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    groups.resize(static_cast<std::size_t>(
        std::max(::getgroups(static_cast<int>(groups.size()), groups.data()), 0)));
    groups.push_back(::getegid());
    return groups;
}

} // namespace

Findings judge_probe(const cache::StoreProbe& probe, uid_t caller) {
    Findings findings;
    if (probe.seen_owner != caller)
        findings.push_back(problem("your files",
                                   fmt::format("are shown as those of the user {}, so what you "
                                               "make does not count",
                                               probe.seen_owner),
                                   mend_owners()));
    findings.push_back(judge_clock(probe.clock_ahead));
    findings.push_back(
        probe.locks_exclude
            ? ok("locks", "they exclude, on this machine")
            : warning(
                "locks", "there are none: two pulls of one image may both do the work",
                "as root on the server: systemctl enable --now rpc-statd nfs-lock (NFS 3), or "
                "mount it with vers=4.2"));
    if (!probe.links)
        findings.push_back(problem("links", "a file cannot have two names, which publishing needs",
                                   "keep the store on a file system that has hard links"));
    findings.push_back(
        ok("reflink", probe.reflinks ? "there is: what images have in common is on the disk once"
                                     : "there is none: what images have in common is copied"));
    return findings;
}

std::string mend_owners() {
    return "give all machines one 'Domain' in /etc/idmapd.conf and the same users; as root: "
           "nfsidmap "
           "-c";
}

std::string mend_access(const std::filesystem::path& root) {
    constexpr std::size_t k_carried_by_nfs = 16;
    struct stat status;
    if (::stat(root.c_str(), &status) != 0)
        return "name another store with --store or AIC_IMAGE_ROOT";
    const auto groups = groups_of_caller();
    const auto group = group_name(status.st_gid);
    if (std::ranges::find(groups, status.st_gid) == groups.end())
        return fmt::format("as root: usermod -aG {} {}, then log in again; or name another store "
                           "with --store or AIC_IMAGE_ROOT",
                           group, user_name(::geteuid()));
    const auto mount = mount_of(root);
    if (groups.size() > k_carried_by_nfs && mount && mount->is_nfs())
        return fmt::format("you are in {} groups, of which NFS carries {}: on the server, "
                           "'manage-gids=y' under [mountd] in /etc/nfs.conf",
                           groups.size(), k_carried_by_nfs);
    return fmt::format("as {}: aic-image init --store {}; or name another store with --store or "
                       "AIC_IMAGE_ROOT",
                       user_name(status.st_uid), root.native());
}

std::string error_text(int error_number) {
    return std::generic_category().message(error_number);
}

} // namespace aic::cli::doctor

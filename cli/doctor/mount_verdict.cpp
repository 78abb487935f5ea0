// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/mount_verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace aic::cli::doctor {

namespace {

/// The options that people look for; all together are a long line.
std::string summary_of(const Mount& mount) {
    std::vector<std::string> shown;
    for (const auto& option : mount.options)
        for (const auto* prefix : {"ro", "vers=", "hard", "soft", "proto=", "nolock", "local_lock=",
                                   "noac", "actimeo=", "lookupcache=", "flock", "localflock"})
            if (option == prefix
                || (std::string_view(prefix).ends_with('=') && option.starts_with(prefix)))
                shown.push_back(option);
    return fmt::format("{} '{}' at '{}'{}{}", mount.type, mount.source, mount.point.native(),
                       shown.empty() ? "" : ", ", fmt::join(shown, ","));
}

/// What root does to change an option: most cannot be changed by remounting.
std::string mend_option(const Mount& mount, std::string_view change) {
    const auto point = mount.point.native();
    return fmt::format("as root: {} for '{}' in /etc/fstab (or the automounter's map), then: "
                       "umount {} && mount {}",
                       change, point, point, point);
}

void judge_nfs(const Mount& mount, Findings& findings) {
    const auto warn_of = [&](const char* subject, std::string text, std::string_view change) {
        findings.push_back(warning(subject, std::move(text), mend_option(mount, change)));
    };
    if (mount.has("soft") || mount.has("softerr"))
        warn_of("soft", "a server that is away for a moment makes pulls and jobs fail",
                "'hard' instead of 'soft'");
    const auto local = mount.value_of("local_lock");
    if (mount.has("nolock") || (local && *local != "none"))
        warn_of("locks",
                "they stay on this machine: a pull may clear away what one on another node "
                "is working on",
                "no 'nolock' and no 'local_lock'");
    if (const auto version = mount.value_of("vers"); version && version->starts_with("3"))
        warn_of("version",
                "NFS 3: a job whose image is removed gets 'Stale file handle' at once, which "
                "4.2 puts off",
                "'vers=4.2'");
    if (mount.value_of("proto").value_or("").starts_with("udp"))
        warn_of("proto", "UDP mixes up fragments on fast networks", "'proto=tcp'");
    if (mount.has("noac") || mount.value_of("actimeo") == "0")
        warn_of("caching",
                "every look at a file asks the server; aic-image does not need that, and jobs "
                "start slowly",
                "no 'noac' and no 'actimeo=0'");
}

bool maps_owners(const Mount& mount) {
    constexpr std::array<std::string_view, 4> k_types = {"cifs", "smb3", "9p", "fuse.sshfs"};
    return std::ranges::find(k_types, mount.type) != k_types.end();
}

void judge_shared(const Mount& mount, Findings& findings) {
    if (mount.is_nfs())
        judge_nfs(mount, findings);
    if (mount.type == "lustre" && !mount.has("flock"))
        findings.push_back(warning(
            "locks", mount.has("localflock") ? "they stay on this machine" : "there are none",
            mend_option(mount, "'flock'")));
    if (maps_owners(mount))
        findings.push_back(warning("owners",
                                   "this kind of file system makes owners up, which a store of "
                                   "several users rests on",
                                   "keep the store on NFS, or make it a private one"));
}

bool is_memory(const Mount& mount) {
    return mount.type == "tmpfs" || mount.type == "ramfs";
}

} // namespace

Findings judge_mount(const Mount& mount, MountUse use) {
    Findings findings = {ok("file system", summary_of(mount))};
    if (mount.has("ro") && use != MountUse::read_store)
        findings.push_back(problem("read-only", "nothing can be written here",
                                   fmt::format("as root: mount -o remount,rw {}; or name another "
                                               "place in the settings",
                                               mount.point.native())));
    if (use == MountUse::scratch && mount.is_shared())
        findings.push_back(warning("place", "every byte crosses the network twice",
                                   "let 'spool' in the settings name a local directory"));
    if (use == MountUse::scratch && is_memory(mount))
        findings.push_back(warning("place", "downloads take memory, and are gone after a restart",
                                   "let 'spool' in the settings name a directory on a disk"));
    if (use != MountUse::scratch && is_memory(mount))
        findings.push_back(warning("place", "images take memory, and are gone after a restart",
                                   "keep the store on a disk"));
    if (use != MountUse::scratch)
        judge_shared(mount, findings);
    return findings;
}

} // namespace aic::cli::doctor

// SPDX-License-Identifier: Apache-2.0
#include "core/machine.hpp"

#include "builder/sandbox/user_namespace.hpp"
#include "cli/doctor/capacity_verdict.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/doctor/mount_verdict.hpp"
#include "cli/doctor/probe_verdict.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "core/subprocess.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

namespace fs = std::filesystem;

namespace aic::cli::doctor {

namespace {

using builder::SandboxObstacle;
using builder::SandboxStep;

constexpr std::uint64_t k_most_bytes = 1 << 20;

/// A file of the machine's; nothing when it is not there, or not for us to read.
std::optional<std::string> text_of(const fs::path& path) {
    try {
        return read_file_if_exists(path, k_most_bytes);
    } catch (const Error& error) {
        debug("{}", error.message());
        return std::nullopt;
    }
}

/// A number of the kernel's under /proc/sys; "" when it has no such.
std::string kernel_setting(const char* path) {
    auto text = text_of(fs::path("/proc/sys") / path).value_or("");
    text.erase(std::min(text.find('\n'), text.size()));
    return text;
}

std::string mend(const SandboxObstacle& obstacle) {
    if (obstacle.step == SandboxStep::overlay)
        return "let 'spool' in the settings name a directory on ext4, xfs or tmpfs; the kernel has "
               "to be 5.11 or newer";
    if (kernel_setting("kernel/unprivileged_userns_clone") == "0")
        return "as root: sysctl -w kernel.unprivileged_userns_clone=1";
    if (obstacle.step == SandboxStep::namespaces && obstacle.error_number == ENOSPC)
        return "as root: sysctl -w user.max_user_namespaces=65536 user.max_mnt_namespaces=65536";
    if (kernel_setting("kernel/apparmor_restrict_unprivileged_userns") == "1")
        return "as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give "
               "aic-image a profile with 'userns'";
    return "ask for a machine on which users may make user namespaces, as enroot needs them too";
}

const char* name_of(SandboxStep step) {
    switch (step) {
    case SandboxStep::namespaces:
        return "making namespaces";
    case SandboxStep::mapping:
        return "being root in them";
    case SandboxStep::mounting:
        return "mounting in them";
    case SandboxStep::overlay:
        return "an overlay in the spool's directory";
    }
    return "";
}

Finding judge_sandbox(const fs::path& spool) {
    try {
        const WorkDir scratch(nearest_existing(spool));
        const auto obstacle = builder::find_sandbox_obstacle(scratch.path());
        if (!obstacle)
            return ok("namespaces", "users may make them, and overlays in them");
        return problem(
            "namespaces",
            fmt::format("{}: {}", name_of(obstacle->step), error_text(obstacle->error_number)),
            mend(*obstacle));
    } catch (const Error& error) {
        return problem("namespaces", error.message(),
                       "let 'spool' in the settings name a directory of yours");
    }
}

Finding judge_fuse() {
    const Fd fuse(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
    if (fuse)
        return ok("/dev/fuse", "can be opened");
    const int error_number = errno;
    return problem("/dev/fuse", error_text(error_number),
                   error_number == ENOENT ? "as root: modprobe fuse"
                                          : "as root: chmod 0666 /dev/fuse (udev's default)");
}

/// More than one user in a sandbox is better, and not needed.
Finding judge_ranges(const char* file) {
    const auto text = text_of(file).value_or("");
    const auto name = user_name(::geteuid()) + ":";
    const auto number = std::to_string(::geteuid()) + ":";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(name) || line.starts_with(number))
            return ok(file, line);
    return ok(file, "no range for you; setup scripts then see one user, which is enough");
}

std::optional<std::string> help_of(const char* program, std::stop_token stop) {
    return output_of({"sh", "-c", fmt::format("command -v {0} && {0} -help 2>&1 || true", program)},
                     stop);
}

/// enroot unpacks with it.
Finding judge_unsquashfs(std::stop_token stop) {
    const auto help = help_of("unsquashfs", stop).value_or("");
    if (help.empty())
        return warning("unsquashfs", "not installed; 'enroot create' needs it",
                       "as root: apt-get install squashfs-tools");
    if (help.find("zstd") == std::string::npos)
        return warning("unsquashfs", "does not read zstd, which images are compressed with",
                       "install squashfs-tools 4.4 or newer, or: compression = \"gzip\" in the "
                       "settings");
    return ok("unsquashfs", "reads zstd");
}

/// Steps of builds run over it, and pyxis starts images with it where it is told so.
Finding judge_squashfuse(std::stop_token stop) {
    if (help_of("squashfuse", stop).value_or("").empty())
        return warning("squashfuse", "not installed; 'build' and pyxis' 'use_squashfuse=1' need it",
                       "as root: apt-get install squashfuse");
    return ok("squashfuse", "installed");
}

std::string kernel_release() {
    utsname names{};
    return ::uname(&names) == 0 ? names.release : "";
}

std::optional<std::string> kernel_configuration(std::stop_token stop) {
    for (const auto& path : {fs::path("/boot/config-" + kernel_release()),
                             fs::path("/lib/modules") / kernel_release() / "config"})
        if (auto text = text_of(path))
            return text;
    if (!fs::exists("/proc/config.gz"))
        return std::nullopt;
    return output_of({"zcat", "/proc/config.gz"}, stop);
}

/// Only where root mounts images.
Finding judge_kernel(std::stop_token stop) {
    const auto text = kernel_configuration(stop);
    if (!text)
        return ok("kernel",
                  "does not tell whether it reads squashfs with zstd; jobs do not need it");
    const bool reads = text->find("\nCONFIG_SQUASHFS_ZSTD=y") != std::string::npos;
    return ok("kernel", reads ? "reads squashfs with zstd"
                              : "does not read squashfs with zstd; jobs do not need it");
}

} // namespace

Section check_spool(const Config& config) {
    const auto& spool = config.spool.value;
    Section section{fmt::format("spool '{}'", spool.native()), {}};
    try {
        if (const auto mount = mount_of(spool))
            section.findings = judge_mount(*mount, MountUse::scratch);
        append(section.findings,
               judge_capacity(capacity_of(spool),
                              "let 'spool' in the settings name a directory with room"));
    } catch (const Error& error) {
        section.findings.push_back(problem_of(error, "spool"));
    }
    return section;
}

Section check_machine(const Config& config, std::stop_token stop) {
    return {fmt::format("machine {}", host_name()),
            {judge_sandbox(config.spool.value), judge_fuse(), judge_ranges("/etc/subuid"),
             judge_ranges("/etc/subgid"), judge_unsquashfs(stop), judge_squashfuse(stop),
             judge_kernel(stop)}};
}

} // namespace aic::cli::doctor

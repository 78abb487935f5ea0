// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/user_namespace.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"
#include "core/spawning.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace fs = std::filesystem;

namespace aic::builder {

namespace {

/// What the child needs, made before the fork: after it nothing may be allocated.
struct Plan {
    std::string users;  ///< for uid_map
    std::string groups; ///< for gid_map
    std::string mount_point;
    std::string overlay_point;
    std::string overlay_options;
};

Plan plan_in(const fs::path& scratch) {
    for (const auto* name : {"tmpfs", "lower", "upper", "work", "merged"})
        make_directories(scratch / name, 0700);
    const auto path = [&](const char* name) { return (scratch / name).native(); };
    return {fmt::format("0 {} 1\n", ::geteuid()), fmt::format("0 {} 1\n", ::getegid()),
            path("tmpfs"), path("merged"),
            fmt::format("lowerdir={},upperdir={},workdir={},userxattr", path("lower"),
                        path("upper"), path("work"))};
}

bool write_text(const char* path, std::string_view text) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const auto written = ::write(fd, text.data(), text.size());
    const int error_number = errno;
    ::close(fd);
    errno = error_number;
    return written == static_cast<ssize_t>(text.size());
}

bool map_caller(const Plan& plan) {
    return write_text("/proc/self/setgroups", "deny")
           && write_text("/proc/self/uid_map", plan.users)
           && write_text("/proc/self/gid_map", plan.groups);
}

bool mount_tmpfs(const Plan& plan) {
    return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
           && ::mount("tmpfs", plan.mount_point.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=64k")
                  == 0;
}

bool mount_overlay(const Plan& plan) {
    return ::mount("overlay", plan.overlay_point.c_str(), "overlay", 0,
                   plan.overlay_options.c_str())
           == 0;
}

/// Only async-signal-safe calls.
std::optional<SandboxObstacle> try_all(const Plan& plan) {
    constexpr int k_namespaces =
        CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
    if (::unshare(k_namespaces) != 0)
        return SandboxObstacle{SandboxStep::namespaces, errno};
    if (!map_caller(plan))
        return SandboxObstacle{SandboxStep::mapping, errno};
    if (!mount_tmpfs(plan))
        return SandboxObstacle{SandboxStep::mounting, errno};
    if (!mount_overlay(plan))
        return SandboxObstacle{SandboxStep::overlay, errno};
    return std::nullopt;
}

} // namespace

std::optional<SandboxObstacle> find_sandbox_obstacle(const fs::path& scratch) {
    const auto plan = plan_in(scratch);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw system_error("making a pipe");
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    const pid_t child = ::fork();
    if (child < 0)
        throw system_error("starting a process");
    if (child == 0) {
        const auto obstacle = try_all(plan);
        if (obstacle && ::write(writer.get(), &*obstacle, sizeof *obstacle) < 0)
            ::_exit(1);
        ::_exit(0);
    }
    writer = Fd();
    SandboxObstacle obstacle{};
    const auto got = ::read(reader.get(), &obstacle, sizeof obstacle);
    reap(child);
    return got == static_cast<ssize_t>(sizeof obstacle) ? std::optional(obstacle) : std::nullopt;
}

} // namespace aic::builder

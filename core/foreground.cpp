// SPDX-License-Identifier: Apache-2.0
#include "core/foreground.hpp"

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/subprocess.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace aic {

namespace {

class SpawnAttributes {
public:
    SpawnAttributes() {
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_init(&attributes);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawn_file_actions_init(&actions);
    }

    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;

    ~SpawnAttributes() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }

    posix_spawnattr_t attributes{};
    posix_spawn_file_actions_t actions{};
};

pid_t spawn(const Foreground& program) {
    auto environment = program.variables;
    const auto rest = program.environment ? *program.environment : environment_for_children();
    for (const auto& variable : rest) {
        const auto name = variable.substr(0, variable.find('=') + 1);
        const auto has_name = [&](const std::string& other) { return other.starts_with(name); };
        if (std::ranges::none_of(program.variables, has_name))
            environment.push_back(variable);
    }
    SpawnAttributes setup;
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (!program.has_terminals_signals) {
        flags |= POSIX_SPAWN_SETPGROUP;
        if (::isatty(STDIN_FILENO) == 1) // it would be stopped for reading from it
            ::posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY,
                                               0);
    }
    ::posix_spawnattr_setflags(&setup.attributes, flags);
    pid_t pid = -1;
    const int failure =
        ::posix_spawnp(&pid, program.argv.front().c_str(), &setup.actions, &setup.attributes,
                       exec_pointers(program.argv).data(), exec_pointers(environment).data());
    if (failure == ENOENT)
        throw Error(ErrorKind::not_found, "there is no '{}' where PATH leads",
                    program.argv.front());
    if (failure != 0)
        throw error_from_errno(failure, fmt::format("starting '{}'", program.argv.front()));
    return pid;
}

/// That started this process, as cli/launcher.cpp says it: "PID:FILE". It was inherited where the
/// number is another's.
std::optional<std::string> launcher() {
    const auto text = environment_variable("AIC_IMAGE_LAUNCHER");
    const auto mine = fmt::format("{}:", ::getpid());
    return text && text->starts_with(mine) ? std::optional(text->substr(mine.size()))
                                           : std::nullopt;
}

} // namespace

int run_in_foreground(const Foreground& program, std::stop_token stop) {
    const auto pid = spawn(program);
    {
        const std::stop_callback on_stop(stop, [&] { ::kill(pid, program.stop_signal); });
        siginfo_t ended;
        // Not reaped yet, so that the callback reaches nobody else.
        while (::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT) < 0
               && errno == EINTR) {
        }
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string own_program() {
    if (auto path = launcher())
        return std::move(*path);
    std::error_code ignored;
    auto file = std::filesystem::read_symlink("/proc/self/exe", ignored).native();
    constexpr std::string_view k_exchanged = " (deleted)";
    if (file.ends_with(k_exchanged))
        file.resize(file.size() - k_exchanged.size());
    return file;
}

std::string running_program() {
    return launcher().value_or("/proc/self/exe");
}

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#include "core/foreground.hpp"

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/spawning.hpp"
#include "core/subprocess.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace aic {

namespace {

/// What is said takes the place of what is there.
std::vector<std::string> environment_of(const Foreground& program) {
    auto environment = program.variables;
    const auto rest = program.environment ? *program.environment : environment_for_children();
    for (const auto& variable : rest) {
        const auto name = variable.substr(0, variable.find('=') + 1);
        const auto has_name = [&](const std::string& other) { return other.starts_with(name); };
        if (std::ranges::none_of(program.variables, has_name))
            environment.push_back(variable);
    }
    return environment;
}

pid_t spawn(const Foreground& program) {
    Spawning spawning;
    if (!program.has_terminals_signals) {
        spawning.in_own_group();
        if (::isatty(STDIN_FILENO) == 1) // it would be stopped for reading from it
            spawning.give_nothing(STDIN_FILENO);
    }
    const auto pid = spawning.start(program.argv, environment_of(program));
    if (!pid)
        throw Error(ErrorKind::not_found, "there is no '{}' where PATH leads",
                    program.argv.front());
    return *pid;
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
    return reap(pid);
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

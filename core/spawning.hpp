// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace aic {

/// A child about to be started: what it has otherwise than this process. No signal is blocked or
/// ignored in it; of the descriptors it has those that outlast exec, and what is said here.
class Spawning {
public:
    Spawning();
    ~Spawning();

    Spawning(const Spawning&) = delete;
    Spawning& operator=(const Spawning&) = delete;

    /// `descriptor` of this process is the child's `number`.
    void give(int descriptor, int number);
    /// `number` reads nothing, and writes to nowhere.
    void give_nothing(int number);
    /// What a terminal sends to this process, Ctrl-C for one, is not the child's.
    void in_own_group();

    /// Its process number. `argv.front()` is the program, looked for where PATH leads unless it has
    /// a slash. Nothing when there is none; otherwise throws Error(system).
    std::optional<pid_t> start(const std::vector<std::string>& argv,
                               const std::vector<std::string>& environment) const;
    /// The same of `program`, whose first word is another.
    std::optional<pid_t> start(const std::string& program, const std::vector<std::string>& argv,
                               const std::vector<std::string>& environment) const;

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    short flags_ = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
};

/// What waitpid(2) says of a child, as a shell has it: 128 + the signal when one ended it.
int shell_status(int status);
/// The same of the child, once it has ended.
int reap(pid_t child);

/// As execve(2) takes them, ended by a null pointer; good as long as `texts`.
std::vector<char*> exec_pointers(const std::vector<std::string>& texts);

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#include "core/spawning.hpp"

#include "core/error.hpp"

#include <fcntl.h>
#include <sys/wait.h>

#include <csignal>

namespace aic {

Spawning::Spawning() {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, flags_);
}

Spawning::~Spawning() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
}

void Spawning::give(int descriptor, int number) {
    ::posix_spawn_file_actions_adddup2(&actions_, descriptor, number);
}

void Spawning::give_nothing(int number) {
    ::posix_spawn_file_actions_addopen(&actions_, number, "/dev/null", O_RDWR, 0);
}

void Spawning::in_own_group() {
    flags_ |= POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, flags_);
}

std::optional<pid_t> Spawning::start(const std::vector<std::string>& argv,
                                     const std::vector<std::string>& environment) const {
    return start(argv.front(), argv, environment);
}

std::optional<pid_t> Spawning::start(const std::string& program,
                                     const std::vector<std::string>& argv,
                                     const std::vector<std::string>& environment) const {
    pid_t pid = -1;
    const int failure =
        ::posix_spawnp(&pid, program.c_str(), &actions_, &attributes_, exec_pointers(argv).data(),
                       exec_pointers(environment).data());
    if (failure == ENOENT)
        return std::nullopt;
    if (failure != 0)
        throw error_from_errno(failure, fmt::format("starting '{}'", program));
    return pid;
}

int shell_status(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int reap(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return shell_status(status);
}

std::vector<char*> exec_pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (const auto& text : texts)
        result.push_back(const_cast<char*>(text.c_str())); // execve's signature; not written to
    result.push_back(nullptr);
    return result;
}

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#include "core/become.hpp"

#include "core/error.hpp"
#include "core/spawning.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace aic {

void become(const std::filesystem::path& program, const std::vector<std::string>& argv,
            const std::vector<std::string>& variables) {
    for (const auto& variable : variables) {
        const auto equals = variable.find('=');
        ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    }
    // What a program finds blocked or ignored it leaves so.
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::execv(program.c_str(), exec_pointers(argv).data());
    const int failure = errno;
    throw error_from_errno(failure, fmt::format("starting '{}'", program.native()));
}

} // namespace aic

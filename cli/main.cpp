// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/inner.hpp"
#include "cli/alias.hpp"
#include "cli/application.hpp"
#include "core/interrupt.hpp"

#include <cstdio>
#include <system_error>

int main(int argc, char** argv) {
    if (argc == 1 && argv[0] == aic::sandbox::k_inner_name)
        return aic::sandbox::inner_main();
    try {
        // First of all, so that every thread inherits the blocked signals.
        aic::InterruptWatch interrupts;
        return aic::cli::run(aic::cli::without_alias({argv, static_cast<std::size_t>(argc)}),
                             interrupts);
    } catch (const std::system_error& error) { // of a thread that cannot be had
        std::fprintf(stderr,
                     "error: starting a thread: %s\nhint: 'ulimit -u' shows how many "
                     "processes and threads you may have\n",
                     error.code().message().c_str());
        return 1;
    }
}

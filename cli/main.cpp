// SPDX-License-Identifier: Apache-2.0
#include "cli/application.hpp"
#include "core/interrupt.hpp"

int main(int argc, char** argv) {
    // First of all, so that every thread inherits the blocked signals.
    aic::InterruptWatch interrupts;
    return aic::cli::run(argc, argv, interrupts);
}

// SPDX-License-Identifier: Apache-2.0
#include "cli/project_file.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// What a user writes about his project.
AIC_FUZZ_TEXT(text) {
    // A script that is a device would be read.
    if (text.find("/dev") == std::string_view::npos)
        aic::fuzz::allow_error([&] { aic::cli::parse_project(text); });
}

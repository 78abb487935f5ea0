// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace aic::testing {

/// Compares with tests/data/NAME; AIC_TEST_ACCEPT=1 writes that file anew.
inline void expect_golden(const char* name, std::string_view actual) {
    const auto path = std::filesystem::path(AIC_SOURCE_DIR) / "tests" / "data" / name;
    if (std::getenv("AIC_TEST_ACCEPT"))
        write_file(path, actual);
    EXPECT_TRUE(read_file_if_exists(path, 1 << 20) == actual)
        << "'" << path.native() << "' differs; AIC_TEST_ACCEPT=1 accepts what there is now";
}

} // namespace aic::testing

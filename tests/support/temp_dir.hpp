// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"
#include "core/files.hpp"

#include <filesystem>

namespace aic::testing {

/// A directory for one test, removed afterwards.
class TempDir {
public:
    TempDir() : path_(std::filesystem::temp_directory_path() / ("aic-test." + unique_name())) {
        std::filesystem::create_directory(path_);
    }

    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }

    std::filesystem::path operator/(const std::filesystem::path& name) const {
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

} // namespace aic::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/files.hpp"

#include <unistd.h>

#include <filesystem>

namespace aic::builder {

/// A directory that is there while work is done in it and goes with the last who does.
class SharedParent {
public:
    explicit SharedParent(std::filesystem::path path) : path_(std::move(path)) {
        require_private_directory(path_);
        WorkDir::remove_abandoned(path_);
    }

    SharedParent(const SharedParent&) = delete;
    SharedParent& operator=(const SharedParent&) = delete;

    ~SharedParent() { ::rmdir(path_.c_str()); } // fails, rightly, while another run works there

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace aic::builder

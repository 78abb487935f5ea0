// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/doctor/finding.hpp"
#include "core/file_system.hpp"

namespace aic::cli::doctor {

/// What a file system is wanted for.
enum class MountUse {
    written_store, ///< takes new images
    read_store,
    scratch, ///< takes what is node-local: downloads, and what setup scripts write
};

/// What the type and the options of a file system mean for that (docs/operations/nfs.md).
Findings judge_mount(const Mount& mount, MountUse use);

} // namespace aic::cli::doctor

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

namespace aic::builder {

/// What setup scripts need of the kernel, in the order in which it is needed.
enum class SandboxStep {
    namespaces, ///< unshare(2) of user, mount, process, IPC and host name namespaces
    mapping,    ///< the caller as root in it
    mounting,   ///< a tmpfs in it
    overlay,    ///< an overlay with "userxattr" whose upper directory is in the scratch directory
};

struct SandboxObstacle {
    SandboxStep step;
    int error_number;
};

/// Tries each in a child process, and says which is the first that this user may not do here.
/// `scratch` is a directory of the caller's, in which directories are made and left.
std::optional<SandboxObstacle> find_sandbox_obstacle(const std::filesystem::path& scratch);

} // namespace aic::builder

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aic::build {

/// Whether a step sees the project directory at /workspace.
enum class Workspace { hidden, read_only, writable };

/// One script that is run over what lies below and adds a layer.
struct Step {
    std::string label;  ///< what people know it by: "setup.sh", "apt git"
    std::string script; ///< its bytes
    Workspace workspace = Workspace::read_only;
};

/// What an image is to be, whatever it was written down in: the command line, a file, another tool's.
struct Recipe {
    std::vector<Step> steps;
    std::vector<std::string> env; ///< "KEY=VALUE"; seen by the steps and kept in the image
    std::optional<std::string> working_dir;
    std::optional<std::vector<std::string>> entrypoint;
    std::map<std::string, std::string> labels;
};

/// Packages of the distribution's, and of Python's.
Step apt_step(const std::string& packages);
Step pip_step(const std::string& packages);

} // namespace aic::build

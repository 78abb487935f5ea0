// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
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
    /// A file or directory that it sees at k_added_path, and its key depends on.
    std::optional<std::filesystem::path> added{};
};

/// A file that steps see at /run/secrets/<name>, and that is in no layer, key or log.
struct Secret {
    std::string name;
    std::filesystem::path file;
};

/// What an image is to be, whatever it was written down in: the command line, a file, another
/// tool's.
struct Recipe {
    std::vector<Step> steps;
    std::vector<std::string> env; ///< "KEY=VALUE"; seen by the steps and kept in the image
    std::optional<std::string> working_dir;
    std::optional<std::vector<std::string>> entrypoint;
    std::map<std::string, std::string> labels;

    // What steps see besides, and the image has nothing of:
    std::vector<std::filesystem::path> shown; ///< of the project, relative, where it is too large
    std::vector<Secret> secrets;
    std::vector<std::string> caches; ///< directories inside that are kept for the next build

    /// The image would be the base itself.
    bool changes_nothing() const {
        return steps.empty() && env.empty() && labels.empty() && !working_dir && !entrypoint;
    }
};

inline constexpr const char* k_added_path = "/run/aic-image/added";

/// Packages of the distribution's, and of Python's.
Step apt_step(const std::string& packages);
Step pip_step(const std::string& packages);
/// Copies a file or directory of this machine to `target` in the image; below it, under its own
/// name, where that ends in a slash.
Step add_step(const std::filesystem::path& source, const std::string& target);

} // namespace aic::build

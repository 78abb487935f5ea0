// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.hpp"
#include "cli/image_argument.hpp"
#include "cli/run_options.hpp"
#include "cli/session.hpp"
#include "slurm/srun_line.hpp"

#include <optional>
#include <string>
#include <vector>

namespace aic::cli {

/// The options that say how a program is run in an image, the same for every command that does.
class RunArgument {
public:
    void describe(const Arguments& arguments);

    /// What is said here, onto what the project's file says where its image is meant.
    RunOptions onto_project(bool is_directorys_image) const;

    bool has_container_name() const { return !container_name_.empty(); }

    /// What is said of Slurm's, and cannot be had without it: the name of the first such option.
    std::optional<std::string> said_for_slurm() const;

    /// The image that a word stands for, pulled where it is not here; without one the directory's.
    static ImageArgument image(Session& session, const std::optional<std::string>& word);
    /// "KEY=VALUE" of each that is said; those without a value have the caller's.
    static std::vector<std::string> variables(Session& session, const RunOptions& options);
    /// The current directory first, at /workspace.
    static std::vector<slurm::ContainerMount> mounts(const RunOptions& options);
    static std::string working_directory(const RunOptions& options);

    /// `directives` are a script's own, which may want GPUs too.
    slurm::ContainerStep step(Session& session, const ImageArgument& image,
                              const RunOptions& options,
                              const std::vector<std::string>& directives = {}) const;

private:
    RunOptions options_;
    std::string container_name_;
};

} // namespace aic::cli

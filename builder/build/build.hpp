// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/recipe.hpp"
#include "cache/library.hpp"
#include "core/config.hpp"
#include "core/foreground.hpp"
#include "core/progress.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace aic::build {

struct BuildRequest {
    cache::StoredImage base;
    Recipe recipe;
    std::filesystem::path project;                     ///< what steps see at /workspace
    std::vector<std::filesystem::path> left_out{};     ///< of that: what changes by itself
    std::string base_name;                             ///< that the image file's name begins with
    std::filesystem::path program = running_program(); ///< see sandbox::run()
    /// The first step that is run even if its result is there, as all above it then are.
    std::optional<std::size_t> refresh_from{};
    unsigned threads = 1;   ///< that compress
    bool has_shell = false; ///< for the user, where a step fails
};

/// What became of a step.
struct StepOutcome {
    std::string label;
    bool was_there = false;        ///< somebody had run it before
    double seconds = 0;            ///< that it ran
    std::uint64_t layer_bytes = 0; ///< that it adds to the image
    std::filesystem::path log;     ///< of what it printed; empty when it did not run
};

struct BuildResult {
    cache::StoredImage image;
    bool was_there = false; ///< as a whole
    std::vector<StepOutcome> steps;
};

/// Who is told how it goes; all of it optional.
struct BuildObserver {
    Progress* progress = nullptr;
    std::function<void(std::size_t index)> step_begins; ///< one that is run
    std::function<void(std::span<const std::byte>)> output;
    std::function<void(std::size_t index, const StepOutcome&)> step_ended;
    std::function<void(int status)> shell_begins; ///< the step has failed with it
};

/// What a build would do: for each step whether its result is there.
struct BuildPreview {
    bool is_there = false; ///< the whole image
    std::vector<bool> steps;
};

/// Makes an image by running the recipe's steps over the base, each in the sandbox and each but
/// once: what anybody trusted has built is taken from where it is. A step that fails throws
/// Error(system) which names its log, and leaves nothing.
BuildResult build(const BuildRequest& request, const Config& config, const Environment& environment,
                  const BuildObserver& observer, std::stop_token stop);

BuildPreview preview(const BuildRequest& request, const Config& config, std::stop_token stop);

} // namespace aic::build

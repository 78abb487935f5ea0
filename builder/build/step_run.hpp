// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/recipe.hpp"
#include "builder/sandbox/plan.hpp"
#include "builder/sandbox/sandbox.hpp"
#include "core/config.hpp"
#include "core/fd.hpp"

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace aic::build {

/// Where a step runs.
struct StepPlace {
    std::vector<std::string> images;      ///< squashfs files, the lowest first
    std::vector<std::string> image_env;   ///< "KEY=VALUE", of the base and the recipe
    std::vector<sandbox::TextFile> files; ///< see sandbox::Plan
    std::filesystem::path scratch;        ///< an empty directory
    std::filesystem::path packages;       ///< where downloaded packages are kept for the next build
    std::optional<std::filesystem::path> project; ///< at /workspace; nothing: what is shown is
    std::filesystem::path shown_from;             ///< where that is
    std::vector<std::filesystem::path> shown;     ///< relative to it
    std::vector<Secret> secrets;
    std::vector<std::string> caches; ///< directories inside
};

/// What the sandbox is to be for a step: the machine's name service, the project directory, the
/// caches of package managers, and of the caller's environment the proxies.
sandbox::Plan plan_step(const Step& step, const StepPlace& place, const Environment& environment);

/// The caches of package managers, while no other build of this user has them: programs that share
/// them lock each other out.
class PackageCaches {
public:
    /// Below a directory of the user's. Where another build has that, everything is fetched afresh
    /// into `otherwise`.
    PackageCaches(const std::filesystem::path& directory, const std::filesystem::path& otherwise);

    const std::filesystem::path& directory() const { return directory_; }

private:
    std::filesystem::path directory_;
    Fd lock_;
};

} // namespace aic::build

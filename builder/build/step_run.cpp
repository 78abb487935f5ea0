// SPDX-License-Identifier: Apache-2.0
#include "builder/build/step_run.hpp"

#include "builder/build/step_log.hpp"
#include "builder/sandbox/surroundings.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/machine.hpp"
#include "oci/derived_documents.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::build {

namespace {

constexpr const char* k_conda_packages = "/root/.cache/conda/pkgs";

std::vector<std::string> environment_of(const std::vector<std::string>& image_env,
                                        const Environment& environment) {
    auto variables = sandbox::basic_environment(environment);
    for (const char* variable :
         {"HOME=/root", "USER=root", "LOGNAME=root", "DEBIAN_FRONTEND=noninteractive",
          "PIP_ROOT_USER_ACTION=ignore", "PIP_DISABLE_PIP_VERSION_CHECK=1"})
        variables.emplace_back(variable);
    variables.push_back(fmt::format("CONDA_PKGS_DIRS={}", k_conda_packages));
    return oci::with_variables(std::move(variables), image_env);
}

} // namespace

sandbox::Plan plan_step(const Step& step, const StepPlace& place, const Environment& environment) {
    sandbox::Plan plan{.images = place.images,
                       .scratch = (place.scratch / "root").native(),
                       .files = place.files,
                       .binds = sandbox::name_service(place.scratch),
                       .script_name = file_name_of(step.label),
                       .script = step.script,
                       .arguments = {},
                       .environment = environment_of(place.image_env, environment),
                       .working_directory = "/workspace",
                       .host_name = host_name()};
    make_directories(plan.scratch, 0700);
    const auto cache = [&](const char* name, const char* target, bool is_optional) {
        make_directories(place.packages / name, 0755);
        plan.binds.push_back({(place.packages / name).native(), target, true, is_optional});
    };
    cache("apt", "/var/cache/apt/archives", true);
    cache("pip", "/root/.cache/pip", false);
    cache("conda", k_conda_packages, false);
    for (const auto& target : place.caches)
        cache(to_hex(sha256_of(target)).substr(0, 16).c_str(), target.c_str(), false);
    for (const auto& secret : place.secrets)
        plan.binds.push_back({secret.file.native(), "/run/secrets/" + secret.name});
    if (step.added)
        plan.binds.push_back({step.added->native(), k_added_path});
    if (place.project && step.workspace != Workspace::hidden)
        plan.binds.push_back(
            {place.project->native(), "/workspace", step.workspace == Workspace::writable});
    else {
        make_directories(place.scratch / "workspace", 0755);
        plan.binds.push_back({(place.scratch / "workspace").native(), "/workspace", true});
        for (const auto& path : place.shown)
            plan.binds.push_back(
                {(place.shown_from / path).native(), "/workspace/" + path.native()});
    }
    return plan;
}

PackageCaches::PackageCaches(const fs::path& directory, const fs::path& otherwise)
    : directory_(directory) {
    require_private_directory(directory_);
    lock_ = open_file(directory_ / "lock", O_RDWR | O_CREAT, 0600);
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
        directory_ = otherwise;
}

} // namespace aic::build

// SPDX-License-Identifier: Apache-2.0
#include "cli/pre_flight.hpp"

#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "core/printable.hpp"
#include "slurm/cuda.hpp"
#include "slurm/nodes.hpp"
#include "slurm/options.hpp"

#include <unistd.h>

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

void check_readable(const fs::path& image) {
    if (::access(image.c_str(), R_OK) != 0)
        throw error_from_errno(errno, fmt::format("reading '{}'", image.native()));
}

bool is_in(const slurm::Node& node, const std::vector<std::string>& partitions) {
    return partitions.empty()
           || std::ranges::find_first_of(node.partitions, partitions) != node.partitions.end();
}

/// Of these each runs its own alone.
bool is_known(std::string_view architecture) {
    return architecture == "amd64" || architecture == "arm64";
}

void check_architecture(const oci::Platform& platform, const std::vector<std::string>& options,
                        std::stop_token stop) {
    const auto partitions = slurm::partitions_in(options);
    std::vector<std::string> unfit;
    bool some_fit = false;
    for (const auto& node : slurm::show_nodes(stop)) {
        const auto architecture = slurm::oci_architecture(node.architecture);
        if (architecture.empty() || !is_in(node, partitions))
            continue;
        if (architecture == platform.architecture || !is_known(architecture)
            || !is_known(platform.architecture))
            some_fit = true;
        else
            unfit.push_back(fmt::format("{} ({})", node.name, node.architecture));
    }
    if (unfit.empty())
        return;
    if (!some_fit)
        throw Error(ErrorKind::no_platform,
                    "the image is for {}, and no node that the job could run on is: {}{}",
                    platform.str(), unfit.front(), unfit.size() > 1 ? " and others" : "")
            .with_hint("'aic-image pull --platform linux/ARCHITECTURE' gets another, if there is "
                       "one");
    inform("the image is for {}, and some nodes are not, such as {}: Slurm has to be told, with "
           "--constraint or --partition perhaps",
           platform.str(), unfit.front());
}

void check_driver(const std::vector<std::string>& env) {
    constexpr std::string_view k_variable = "NVIDIA_REQUIRE_CUDA=";
    const auto text = read_file_if_exists("/proc/driver/nvidia/version", 65536);
    const auto driver = text ? slurm::driver_in(*text) : std::nullopt;
    const auto required = std::ranges::find_if(
        env, [&](const std::string& variable) { return variable.starts_with(k_variable); });
    if (!driver || required == env.end())
        return;
    const auto requirement = required->substr(k_variable.size());
    if (slurm::driver_may_do(requirement, *driver))
        return;
    const auto cuda = slurm::cuda_of(*driver);
    warn("the image wants '{}', and this machine's driver {} is for CUDA {}.{}: if the nodes' is "
         "no newer, the job fails when it starts",
         printable(requirement.substr(0, requirement.find(' '))), driver->major, cuda.major,
         cuda.minor);
}

/// Below a directory that all nodes share a file that is missing here is missing everywhere.
void check_mounts(const std::vector<slurm::ContainerMount>& mounts) {
    for (const auto& mount : mounts) {
        std::error_code fault;
        if (fs::exists(mount.source, fault))
            continue;
        const auto file_system = mount_of(mount.source);
        if (file_system && file_system->is_shared())
            throw Error(ErrorKind::not_found, "there is no '{}' to mount", mount.source);
        inform("'{}' is not on this machine; where the job runs it has to be there", mount.source);
    }
}

} // namespace

void check_before_queue(const Session& session, const ImageArgument& image,
                        const std::vector<std::string>& env,
                        const std::vector<slurm::ContainerMount>& mounts,
                        const std::vector<std::string>& options, bool wants_gpus) {
    check_readable(image.file);
    if (image.stored)
        check_architecture(image.stored->record.platform, options, session.stop());
    if (wants_gpus)
        check_driver(env);
    check_mounts(mounts);
}

} // namespace aic::cli

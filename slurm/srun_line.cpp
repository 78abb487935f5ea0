// SPDX-License-Identifier: Apache-2.0
#include "slurm/srun_line.hpp"

#include "core/error.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace aic::slurm {

namespace {

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

/// pyxis takes them apart at ',' and ':', and knows no escapes.
const std::string& checked(const std::string& path) {
    if (path.find_first_of(",:") != std::string::npos)
        throw Error(ErrorKind::usage,
                    "'{}' cannot be mounted: pyxis takes no ',' and no ':' in paths", path)
            .with_hint("a symlink with a plain name will do");
    return path;
}

std::string mount_list(const std::vector<ContainerMount>& mounts) {
    std::vector<std::string> list;
    for (const auto& mount : mounts)
        list.push_back(fmt::format("{}:{}{}", checked(mount.source), checked(mount.target),
                                   mount.is_writable ? "" : ":ro"));
    return fmt::format("{}", fmt::join(list, ","));
}

} // namespace

std::vector<std::string> srun_line(const ContainerStep& step) {
    std::vector<std::string> line = {"srun"};
    const auto add = [&](const char* name, const std::optional<std::string>& value) {
        if (value)
            line.push_back(fmt::format("--{}={}", name, *value));
    };
    add("nodes", step.nodes);
    add("ntasks", step.tasks);
    if (step.gpus)
        line.push_back("--gres=gpu:" + *step.gpus);
    if (step.has_terminal)
        line.emplace_back("--pty");
    line.push_back("--container-image=" + step.image);
    add("container-name", step.container_name);
    if (!step.mounts.empty())
        line.push_back("--container-mounts=" + mount_list(step.mounts));
    line.push_back("--container-workdir=" + step.working_directory);
    // Each is said either way: the site may have it otherwise.
    line.emplace_back(step.has_home ? "--container-mount-home" : "--no-container-mount-home");
    line.emplace_back(step.is_root ? "--container-remap-root" : "--no-container-remap-root");
    line.emplace_back(step.is_writable ? "--container-writable" : "--container-readonly");
    if (!step.variables.empty()) {
        std::vector<std::string_view> names;
        for (const auto& variable : step.variables)
            names.push_back(name_of(variable));
        line.push_back(fmt::format("--container-env={}", fmt::join(names, ",")));
    }
    line.insert(line.end(), step.options.begin(), step.options.end());
    line.insert(line.end(), step.command.begin(), step.command.end());
    return line;
}

std::vector<std::string> gpu_variables(const std::vector<std::string>& image_env,
                                       const std::vector<std::string>& users) {
    constexpr std::array<std::string_view, 2> k_needed = {
        "NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_DRIVER_CAPABILITIES=compute,utility"};
    const auto says = [](const std::vector<std::string>& variables, std::string_view name) {
        return std::ranges::find(variables, name, name_of) != variables.end();
    };
    std::vector<std::string> needed;
    for (const auto variable : k_needed)
        if (!says(image_env, name_of(variable)) && !says(users, name_of(variable)))
            needed.emplace_back(variable);
    return needed;
}

bool has_pyxis(std::string_view help) {
    return help.find("--container-image") != std::string_view::npos;
}

} // namespace aic::slurm

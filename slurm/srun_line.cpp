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

std::string names_of(const std::vector<std::string>& variables) {
    std::vector<std::string_view> names;
    for (const auto& variable : variables)
        names.push_back(name_of(variable));
    return fmt::format("{}", fmt::join(names, ","));
}

} // namespace

std::vector<std::string> resource_words(const ContainerStep& step) {
    std::vector<std::string> words;
    if (step.nodes)
        words.push_back("--nodes=" + *step.nodes);
    if (step.tasks)
        words.push_back("--ntasks=" + *step.tasks);
    if (step.gpus)
        words.push_back("--gres=gpu:" + *step.gpus);
    words.insert(words.end(), step.options.begin(), step.options.end());
    return words;
}

std::vector<std::string> container_words(const ContainerStep& step) {
    std::vector<std::string> words = {"--container-image=" + step.image};
    if (step.container_name)
        words.push_back("--container-name=" + *step.container_name);
    if (!step.mounts.empty())
        words.push_back("--container-mounts=" + mount_list(step.mounts));
    words.push_back("--container-workdir=" + step.working_directory);
    // Each is said either way: the site may have it otherwise.
    if (!step.is_as_the_site_has_it) {
        words.emplace_back(step.has_home ? "--container-mount-home" : "--no-container-mount-home");
        words.emplace_back(step.is_root ? "--container-remap-root" : "--no-container-remap-root");
    }
    words.emplace_back(step.is_writable ? "--container-writable" : "--container-readonly");
    if (!step.variables.empty())
        words.push_back("--container-env=" + names_of(step.variables));
    return words;
}

std::vector<std::string> container_variables(const ContainerStep& step) {
    const auto flag = [](const char* name, bool is_set) {
        return fmt::format("PYXIS_CONTAINER_{}={}", name, is_set ? 1 : 0);
    };
    std::vector<std::string> variables = {"PYXIS_CONTAINER_IMAGE=" + step.image};
    if (step.container_name)
        variables.push_back("PYXIS_CONTAINER_NAME=" + *step.container_name);
    if (!step.mounts.empty())
        variables.push_back("PYXIS_CONTAINER_MOUNTS=" + mount_list(step.mounts));
    variables.push_back("PYXIS_CONTAINER_WORKDIR=" + step.working_directory);
    variables.push_back(flag("MOUNT_HOME", step.has_home));
    variables.push_back(flag("REMAP_ROOT", step.is_root));
    variables.push_back(flag("WRITABLE", step.is_writable));
    if (!step.variables.empty())
        variables.push_back("PYXIS_CONTAINER_ENV=" + names_of(step.variables));
    if (step.nodes)
        variables.push_back("SLURM_JOB_NUM_NODES=" + *step.nodes);
    if (step.tasks)
        variables.push_back("SLURM_NTASKS=" + *step.tasks);
    if (step.gpus)
        variables.push_back("SLURM_GRES=gpu:" + *step.gpus);
    variables.insert(variables.end(), step.variables.begin(), step.variables.end());
    return variables;
}

std::vector<std::string> srun_line(const ContainerStep& step) {
    if (!step.command.empty() && step.command.front().starts_with('-'))
        throw Error(ErrorKind::usage, "'{}' is no program", step.command.front());
    std::vector<std::string> line = {"srun"};
    const auto add = [&](const std::vector<std::string>& words) {
        line.insert(line.end(), words.begin(), words.end());
    };
    if (step.has_terminal)
        line.emplace_back("--pty");
    add(container_words(step));
    add(resource_words(step));
    add(step.command);
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

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/containers.hpp"

#include "cli/local_time.hpp"
#include "cli/table.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/printable.hpp"

namespace aic::cli {

namespace {

nlohmann::json json_of(const slurm::Container& container) {
    const auto image = slurm::provenance_of(container);
    const auto started = slurm::last_started(container);
    return {
        {"name", container.users_name()},
        {"container", container.name},
        {"path", container.root.native()},
        {"image", image ? nlohmann::json(*image) : nlohmann::json(nullptr)},
        {"started", started ? nlohmann::json(cache::utc_time(*started)) : nlohmann::json(nullptr)},
        {"in_use", slurm::is_in_use(container)}};
}

std::vector<std::string> row_of(const slurm::Container& container) {
    const auto started = slurm::last_started(container);
    return {printable(container.users_name()), slurm::is_in_use(container) ? "yes" : "no",
            started ? local_time(*started) : "never",
            printable(slurm::provenance_of(container).value_or("-")), printable(container.name)};
}

} // namespace

void Containers::describe(const Arguments& arguments) {
    arguments.description(
        "show the containers of enroot and pyxis on this machine, or remove them");
    arguments.add_option("--rm", remove_, "remove these, with all that was changed in them")
        .type_name("NAME...")
        .takes_many();
    arguments.add_flag("--force", force_, "also where other nodes may use them");
    arguments.footer(
        R"(A container is a directory on one node's disk: run this there. NAME is what pyxis was given, CONTAINER
is enroot's own name for it. 'aic-image commit NAME' keeps what was changed in one as an image, which
is there on every node.

Examples:
  aic-image containers
  srun -w gpu03 aic-image containers
  aic-image commit exp && aic-image containers --rm exp)");
}

void Containers::show(Session& session) {
    const auto containers =
        slurm::list_containers(slurm::container_directory(session.environment()));
    if (session.json()) {
        auto list = nlohmann::json::array();
        for (const auto& container : containers)
            list.push_back(json_of(container));
        return session.print_json({{"containers", list}});
    }
    if (containers.empty())
        return session.say(fmt::format("there are no containers in '{}'",
                                       slurm::container_directory(session.environment()).native()));
    std::vector<std::vector<std::string>> rows = {
        {"NAME", "IN USE", "STARTED", "IMAGE", "CONTAINER"}};
    for (const auto& container : containers)
        rows.push_back(row_of(container));
    session.print_bytes(format_table(rows));
}

void Containers::remove(Session& session) const {
    const auto directory = slurm::container_directory(session.environment());
    if (const auto mount = mount_of(directory); mount && mount->is_shared() && !force_)
        throw Error(ErrorKind::usage,
                    "'{}' is on {}, and who uses a container on another node is "
                    "not to be seen",
                    directory.native(), mount->type)
            .with_hint("--force removes it all the same");
    std::vector<slurm::Container> containers;
    for (const auto& word : remove_) { // all of them, before anything is gone
        containers.push_back(slurm::find_container(word, session.environment()));
        if (containers.back().root.parent_path() != directory)
            throw Error(ErrorKind::usage, "'{}' is no container in '{}'", word, directory.native());
    }
    for (const auto& container : containers) {
        slurm::remove_container(container);
        session.say(fmt::format("removed: {}", printable(container.name)));
    }
}

void Containers::run(Session& session) {
    return remove_.empty() ? show(session) : remove(session);
}

} // namespace aic::cli

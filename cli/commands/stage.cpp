// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/stage.hpp"

#include "cli/base_image.hpp"
#include "cli/image_argument.hpp"
#include "cli/import_options.hpp"
#include "cli/run_words.hpp"
#include "core/become.hpp"
#include "core/error.hpp"
#include "core/foreground.hpp"
#include "core/machine.hpp"
#include "core/shell_words.hpp"
#include "core/subprocess.hpp"

#include <unistd.h>

#include <chrono>

namespace aic::cli {

namespace {

constexpr const char* k_prepare = "prepare";
constexpr const char* k_finish = "finish";
constexpr const char* k_remove = "remove";
constexpr auto k_patience = std::chrono::hours(24); // the job has a limit of its own

slurm::Staging staging(Session& session) {
    return {session.config().stage_directory.value, ::geteuid()};
}

/// In words that stay with the image when the name moves on.
std::string word_for(const cache::StoredImage& image) {
    return image.record.id.hex();
}

/// Runs one of Slurm's programs in the job; what it says of errors the user sees.
std::string output_of_work(std::vector<std::string> argv, std::stop_token stop) {
    const auto result = run_to_end({.argv = argv,
                                    .environment = environment_for_children(),
                                    .timeout = k_patience,
                                    .has_our_stderr = true},
                                   stop);
    if (!result)
        throw Error(ErrorKind::not_found, "there is no '{}' where PATH leads", argv.front());
    if (result->status != 0)
        throw Error(ErrorKind::system, "{} ended with status {}", argv.front(), result->status);
    return result->output;
}

} // namespace

void Stage::describe(const Arguments& arguments) {
    arguments.description("copy an image to disks of nodes, where run and the importer find it");
    arguments.add_option("image", image_, k_image_help).required().type_name("IMAGE");
    arguments
        .add_option("-w,--nodelist", nodes_, "the nodes, as Slurm lists them (default: the job's)")
        .type_name("NODES");
    arguments.add_option("--slurm", slurm_, "more options for salloc, as one word")
        .type_name("OPTIONS");
    arguments.add_flag("--rm", remove_, "remove the copies instead");
    arguments.add_option("--part", part_, "what a node does of it")
        .hidden()
        .one_of({k_prepare, k_finish, k_remove});
    arguments.footer(
        R"(Slurm's sbcast copies the file from node to node, so that many nodes do not read one NFS file. Each copy
is compared with the image's record before it counts. Copies are in stage.directory of the settings
(/tmp), in a directory of your own. Those that nobody has read for a day go when space is needed.

Inside a job it needs no -w: the job's nodes get a copy.

Examples:
  aic-image stage exp -w gpu[01-16]
  aic-image stage --rm exp -w gpu[01-16]
  aic-image stage exp && srun --container-image=docker://aic:exp ./train.sh    # in a job's script)");
}

void Stage::become_allocation(Session& session) const {
    const auto salloc = find_program("salloc", session.environment());
    if (!salloc)
        throw Error(ErrorKind::not_found, "there is no Slurm here: no salloc where PATH leads");
    std::vector<std::string> line = {"salloc", "--quiet", "--job-name=aic-image-stage",
                                     "--nodelist=" + nodes_, "--ntasks-per-node=1"};
    for (auto& word : split_words(slurm_))
        line.push_back(std::move(word));
    line.push_back(own_program());
    if (session.options().store)
        line.push_back("--store=" + *session.options().store);
    if (session.options().quiet)
        line.emplace_back("--quiet");
    line.insert(line.end(), {"stage", image_});
    if (remove_)
        line.emplace_back("--rm");
    session.flush();
    become(*salloc, line, {});
}

std::string Stage::on_every_node(Session& session, const std::string& part,
                                 const std::string& id) const {
    std::vector<std::string> line = {"srun", "--quiet", "--ntasks-per-node=1", "--overlap",
                                     own_program()};
    if (session.options().store)
        line.push_back("--store=" + *session.options().store);
    line.insert(line.end(), {"stage", id, "--part=" + part});
    return output_of_work(std::move(line), session.stop());
}

void Stage::run_in_job(Session& session, const std::string& job) const {
    const auto image = base_image(session, image_, configured_import(session), Lookup::if_missing);
    const auto id = word_for(image);
    const auto nodes = session.environment()("SLURM_JOB_NODELIST").value_or("the job's nodes");
    if (remove_) {
        on_every_node(session, k_remove, id);
        return session.say(fmt::format("removed from {}", nodes));
    }
    const auto place = staging(session);
    if (on_every_node(session, k_prepare, id).empty())
        session.say(fmt::format("already on {}", nodes));
    else {
        output_of_work(
            {"sbcast", "--force", image.file().native(), place.arriving(image, job).native()},
            session.stop());
        on_every_node(session, k_finish, id);
        session.say(fmt::format("on {}: {}", nodes, human_size(image.record.size_bytes)));
    }
    session.print(place.file_of(image).native());
}

void Stage::run_on_node(Session& session, const std::string& job) const {
    bool needed = false;
    in_context([] { return host_name(); },
               [&] {
                   const auto image = base_image_here(session, image_);
                   if (!image)
                       throw Error(ErrorKind::not_found, "there is no image {} in the store",
                                   image_);
                   const auto place = staging(session);
                   if (part_ == k_remove)
                       place.remove(*image);
                   else if (part_ == k_prepare)
                       needed = place.prepare(*image);
                   else
                       place.finish(*image, place.arriving(*image, job), session.stop());
               });
    if (needed)
        session.print(host_name());
}

void Stage::run(Session& session) {
    const auto job = session.environment()("SLURM_JOB_ID");
    if (!nodes_.empty())
        return become_allocation(session);
    if (!job)
        throw Error(ErrorKind::usage, "which nodes? This is no job")
            .with_hint("aic-image stage IMAGE -w NODES");
    part_.empty() ? run_in_job(session, *job) : run_on_node(session, *job);
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/stage.hpp"

#include "cli/base_image.hpp"
#include "cli/image_argument.hpp"
#include "cli/import_options.hpp"
#include "cli/own_step.hpp"
#include "cli/run_words.hpp"
#include "core/become.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/machine.hpp"
#include "core/shell_words.hpp"
#include "core/subprocess.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace aic::cli {

namespace {

// What a node is told to do, one after the other.
constexpr const char* k_look = "look";              ///< it prints its name where it has no copy
constexpr const char* k_prepare = "prepare";        ///< makes room
constexpr const char* k_finish = "finish";          ///< takes what has arrived
constexpr const char* k_drop = "drop";              ///< takes away what has arrived in part
constexpr const char* k_remove = "remove";          ///< prints its name where it had copies
constexpr auto k_patience = std::chrono::hours(24); // the job has a limit of its own

slurm::Staging staging(Session& session) {
    return {session.config().stage_directory.value, ::geteuid()};
}

/// Of what this process sends, and of nothing else in the job.
std::string own_tag() {
    return fmt::format("{}-{}", host_name(), ::getpid());
}

/// Runs one of Slurm's programs in the job; what it says of errors the user sees.
std::string output_of_work(std::vector<std::string> argv, std::stop_token stop) {
    const auto result = run_to_end({.argv = argv,
                                    .environment = environment_outside_containers(),
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
    arguments.description("copy an image to disks of nodes, where the importer finds it");
    arguments.add_option("image", image_, k_image_help).type_name("IMAGE");
    arguments
        .add_option("-w,--nodelist", nodes_, "the nodes, as Slurm lists them (default: the job's)")
        .type_name("NODES");
    arguments.add_option("--slurm", slurm_, "more options for salloc, as one word")
        .type_name("OPTIONS");
    arguments.add_flag("--rm", remove_, "remove the copies instead; all of yours without IMAGE");
    arguments.add_option("--part", part_, "what a node does of it")
        .hidden()
        .one_of({k_look, k_prepare, k_finish, k_drop, k_remove});
    arguments.add_option("--tag", tag_, "of what arrives").hidden();
    arguments.footer(
        R"(Slurm's sbcast copies the file from node to node, so that many nodes do not read one NFS file. Each copy
is compared with the image's record before it counts. Copies are in stage.directory of the settings
(/tmp), in a directory of your own. Those that nobody has read for a day go when space is needed.

Inside a job it needs no -w: the job's nodes get a copy. The importer hands it out in the store's place,
and so 'aic-image run' takes it where pyxis has its images from here and the image is called by a name.

Examples:
  aic-image stage exp -w gpu[01-16]
  aic-image stage --rm exp -w gpu[01-16]
  aic-image stage --rm -w gpu[01-16]
  aic-image stage exp && srun --container-image=docker://aic:exp ./train.sh    # in a job's script)");
}

void Stage::become_allocation(Session& session) const {
    const auto salloc = find_program("salloc", session.environment());
    if (!salloc)
        throw Error(ErrorKind::not_found, "there is no Slurm here: no salloc where PATH leads");
    std::vector<std::string> options = {"--nodelist=" + nodes_, "--ntasks-per-node=1"};
    for (auto& word : split_words(slurm_))
        options.push_back(std::move(word));
    std::vector<std::string> words = {""};
    if (session.options().store)
        words.push_back("--store=" + *session.options().store);
    if (session.options().quiet)
        words.emplace_back("--quiet");
    words.emplace_back("stage");
    if (!image_.empty())
        words.push_back(image_);
    if (remove_)
        words.emplace_back("--rm");
    session.flush();
    become(*salloc, own_allocation("stage", session.options().quiet, options, words), {});
}

std::string Stage::on_every_node(Session& session, const char* part,
                                 const std::optional<cache::StoredImage>& image,
                                 std::stop_token stop) const {
    const auto nodes = session.environment()("SLURM_JOB_NUM_NODES").value_or("1");
    std::vector<std::string> words = {"stage"};
    if (image) // this very one, whatever its names stand for by now
        words.push_back(image->file().native());
    words.push_back(fmt::format("--part={}", part));
    words.push_back("--tag=" + own_tag());
    return output_of_work(own_step(session,
                                   {"--nodes=" + nodes, "--ntasks=" + nodes, "--ntasks-per-node=1",
                                    "--overlap", "--gres=none"},
                                   words),
                          stop);
}

void Stage::copy(Session& session, const cache::StoredImage& image) const {
    on_every_node(session, k_prepare, image, session.stop());
    try {
        output_of_work({"sbcast", "--force", image.file().native(),
                        staging(session).arriving(image, own_tag()).native()},
                       session.stop());
    } catch (const Error&) {
        try { // on nodes that have a part of it already
            on_every_node(session, k_drop, image, {});
        } catch (const Error& error) {
            debug("dropping what has arrived: {}", error.message());
        }
        throw;
    }
    on_every_node(session, k_finish, image, session.stop());
}

void Stage::run_in_job(Session& session) const {
    const auto nodes = session.environment()("SLURM_JOB_NODELIST").value_or("the job's nodes");
    if (remove_) {
        const auto image = image_.empty() ? std::nullopt : base_image_here(session, image_);
        if (!image_.empty() && !image)
            throw Error(ErrorKind::not_found, "there is no image '{}' here", image_)
                .with_hint("'--rm' without an image removes all of your copies");
        const auto had = on_every_node(session, k_remove, image, session.stop());
        return session.say(had.empty() ? fmt::format("there was none on {}", nodes)
                                       : fmt::format("removed from {} nodes of {}",
                                                     std::ranges::count(had, '\n'), nodes));
    }
    const auto image = base_image(session, image_, configured_import(session), Lookup::if_missing);
    if (on_every_node(session, k_look, image, session.stop()).empty())
        session.say(fmt::format("already on {}", nodes));
    else {
        copy(session, image);
        session.say(fmt::format("on {}: {}", nodes, human_size(image.record.size_bytes)));
    }
    session.print(staging(session).file_of(image).native());
}

void Stage::do_part(Session& session) const {
    const auto place = staging(session);
    const auto image = image_.empty() ? std::nullopt : base_image_here(session, image_);
    bool is_named = false;
    if (part_ == k_remove)
        is_named = (image ? place.remove(*image) : place.remove_all()) > 0;
    else if (!image)
        throw Error(ErrorKind::not_found, "there is no image {} in the store", image_);
    else if (part_ == k_look)
        is_named = !place.find(*image);
    else if (part_ == k_prepare)
        place.prepare(*image);
    else if (part_ == k_drop)
        place.drop(place.arriving(*image, tag_));
    else
        place.finish(*image, place.arriving(*image, tag_), session.stop());
    if (is_named)
        session.print(host_name());
}

void Stage::run(Session& session) {
    if (!part_.empty())
        return in_context([] { return host_name(); }, [&] { do_part(session); });
    if (image_.empty() && !remove_)
        throw Error(ErrorKind::usage, "which image?").with_hint("aic-image stage IMAGE -w NODES");
    if (!nodes_.empty())
        return become_allocation(session);
    if (!session.environment()("SLURM_JOB_ID"))
        throw Error(ErrorKind::usage, "which nodes? This is no job")
            .with_hint("aic-image stage IMAGE -w NODES");
    run_in_job(session);
}

} // namespace aic::cli

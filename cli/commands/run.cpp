// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run.hpp"

#include "builder/commit/layer.hpp"
#include "builder/sandbox/sandbox.hpp"
#include "cli/hand_out.hpp"
#include "cli/import_options.hpp"
#include "cli/keeping.hpp"
#include "cli/run_words.hpp"
#include "core/become.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "core/shell_words.hpp"
#include "core/subprocess.hpp"
#include "slurm/job_environment.hpp"
#include "slurm/options.hpp"

#include <unistd.h>

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

bool has_terminal() {
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

} // namespace

void Run::describe(const Arguments& arguments) {
    arguments.description(
        "run a program in an image: as a step of Slurm's, or here where there is none");
    arguments.add_option("image", shown_, k_image_help).type_name("IMAGE");
    arguments.add_option("command", shown_, "a program and its arguments").type_name("COMMAND...");
    options_.describe(arguments);
    arguments.add_flag("--here", here_, "on this machine, even where there is Slurm");
    arguments.add_flag(
        "--keep", keep_,
        "what the program changes in the image is the name's next image, everywhere");
    arguments.add_flag("--in-allocation", in_allocation_, "in a job made for it").hidden();
    arguments.add_flag("--as-srun.sh", as_before_, "as the script of this name did").hidden();
    arguments.footer(
        R"(The first word is the image if it stands for one, and what follows is the command; with "--" in front
of the command there is no doubt. Without an image it is the one of this directory: as aic-image.toml
names it, or as the directory is called. Without a command it is a shell. The current directory is at
/workspace, where the program starts and may write. A reference that is not here is pulled.

Where there is no Slurm it runs on this machine, in the sandbox that builds use. The exit status is the
program's; SIGINT, SIGTERM and SIGHUP reach it, and a second one ends it at once.

With --keep the image has to be called by a name of yours, and one run at a time has it: a second is
refused. What is changed is kept whatever the exit status is, unless the run is cancelled or its disk
was full; 'aic-image restore NAME' goes back. It is one node's work.

Examples:
  aic-image run python3 train.py
  aic-image run --gpus 1 exp python3 train.py
  aic-image run nvcr.io#nvidia/pytorch:24.05-py3 -- python3 -c 'import torch'
  aic-image run --gpus 8 --nodes 2 --slurm '--partition=a100 --time=1:00:00' exp ./train.sh
  aic-image run --keep --root exp apt-get install -y git
  aic-image run                               # a shell in this directory's image
  aic-image run --here --mount /data/sets:ro alice/exp ls /data/sets)");
}

run::RunRequest Run::request_here(Session& session, const ImageArgument& image,
                                  const RunOptions& options) const {
    run::RunRequest request{.image = image.file,
                            .command = options.command,
                            .project = fs::current_path(),
                            .working_directory = RunArgument::working_directory(options),
                            .mounts = {},
                            .env = RunArgument::variables(session, options),
                            .has_home = options.has_home,
                            .is_root = options.is_root,
                            .is_writable = options.is_writable,
                            .has_terminal = has_terminal()};
    for (const auto& mount : RunArgument::mounts(options)) {
        if (mount.target == "/workspace" && mount.source == request.project)
            continue;
        std::error_code ignored;
        if (!fs::exists(mount.source, ignored))
            throw Error(ErrorKind::not_found, "there is no '{}' to mount", mount.source);
        request.mounts.push_back({mount.source, mount.target, mount.is_writable});
    }
    return request;
}

void Run::run_here(Session& session, const ImageArgument& image, const RunOptions& options) const {
    // What a project's file says for the cluster does no harm here.
    if (const auto option = options_.said_for_slurm())
        throw Error(ErrorKind::usage, "{} is Slurm's, and this runs without", *option);
    session.say(fmt::format("on this machine, without Slurm: {}", image.file.native()));
    if (keep_)
        return keep_here(session, image, options);
    session.exit_with(run::run_here(
        request_here(session, image, options), session.config(), session.environment(),
        [&] { return session.signal(); }, session.stop()));
}

void Run::keep_here(Session& session, const ImageArgument& image, const RunOptions& options) const {
    Keeping keeping(session, image);
    keeping.claim();
    std::optional<commit::CommittedLayer> committed;
    auto request = request_here(session, image, options);
    request.changed = [&](int tar_fd) {
        committed = commit::commit_stream({.base = *image.stored,
                                           .base_name = keeping.name().str(),
                                           .from = keeping.name().str(),
                                           .threads = configured_import(session).threads},
                                          tar_fd, session.config(), session.stop());
    };
    request.keeps = [&](int status) { return !is_cancelled(status, options.command); };
    const int status = run::run_here(
        request, session.config(), session.environment(), [&] { return session.signal(); },
        session.stop());
    if (is_cancelled(status, options.command))
        throw Error(ErrorKind::interrupted, "interrupted: nothing is kept");
    session.exit_with(status);
    if (committed)
        keeping.advance(committed->image);
    say_kept(session, keeping.name(),
             committed ? std::optional(committed->layer_bytes) : std::nullopt);
}

slurm::ContainerStep Run::step_in_slurm(Session& session, const ImageArgument& image,
                                        const RunOptions& options) const {
    const auto help = output_of({"srun", "--help"}, session.stop());
    if (!help || !slurm::has_pyxis(*help))
        throw Error(ErrorKind::usage, "srun knows no containers here: pyxis is not installed")
            .with_hint("ask who runs the cluster for pyxis and enroot; '--here' runs it on this "
                       "machine");
    auto step = options_.step(session, image, options);
    step.has_terminal = has_terminal();
    // What is typed in a step would wait for that to end.
    if (slurm::is_in_step(session.environment()))
        step.options.emplace_back("--overlap");
    step.is_as_the_site_has_it = as_before_;
    return step;
}

void Run::run_in_slurm(Session& session, const fs::path& srun, const ImageArgument& image,
                       const RunOptions& options) const {
    const auto step = step_in_slurm(session, image, options);
    session.flush();
    become(srun, slurm::srun_line(step), step.variables);
}

void Run::keep_in_slurm(Session& session, const ImageArgument& image,
                        const RunOptions& options) const {
    const auto further = slurm::value_in(split_words(options.slurm), 'N', "nodes");
    for (const auto& nodes : {options.nodes, further.value_or("")})
        if (!nodes.empty() && nodes != "1")
            throw Error(ErrorKind::usage, "--keep is one node's work, and --nodes says {}", nodes);
    if (options_.has_container_name())
        throw Error(ErrorKind::usage, "--keep has a container of its own, and --name says another");
    Keeping keeping(session, image);
    keeping.require_unclaimed();
    auto step = step_in_slurm(session, image, options);
    auto divided = slurm::divide(step.options, slurm::JobMaker::salloc);
    if (!session.environment()("SLURM_JOB_ID")) {
        step.options = std::move(divided.job);
        become_allocation(session, name(), "--in-allocation", slurm::resource_words(step));
    }
    keeping.claim();
    if (in_allocation_) // which has the others
        step.options = std::move(divided.step);
    session.exit_with(run_and_commit(session, keeping, *image.stored, std::move(step)));
}

void Run::run(Session& session) {
    auto [word, command] = split_line(session, words_);
    const auto image = RunArgument::image(session, word);
    auto options = options_.onto_project(!word);
    if (!command.empty())
        options.command = std::move(command);
    if (options.command.empty())
        options.command = default_shell();
    if (image.stored)
        note_handed_out(session.library(), *image.stored, slurm::LeaseFor::job,
                        session.environment());
    const auto srun = find_program("srun", session.environment());
    if (as_before_ && srun) {
        if (options.gpus.empty())
            options.gpus = std::string("1");
        keep_ = image.name.has_value();
        options.is_writable = true;
    }
    if (srun && !here_) {
        if (keep_)
            return keep_in_slurm(session, image, options);
        run_in_slurm(session, *srun, image, options);
    }
    try {
        run_here(session, image, options);
    } catch (const Error& error) {
        const bool may_be_meant_otherwise = !word && error.hint() == sandbox::k_no_such_program
                                            && !words_.empty() && words_.front() != "--";
        if (!may_be_meant_otherwise)
            throw;
        throw Error(error).with_hint(
            fmt::format("it was taken for a program in this directory's image, since there is no "
                        "image '{}' here; 'aic-image list' shows what there is",
                        printable(words_.front())));
    }
}

} // namespace aic::cli

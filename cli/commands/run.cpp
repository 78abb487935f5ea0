// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run.hpp"

#include "builder/run/local_run.hpp"
#include "builder/sandbox/sandbox.hpp"
#include "cli/hand_out.hpp"
#include "cli/run_words.hpp"
#include "core/become.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "core/subprocess.hpp"

#include <unistd.h>

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

bool has_terminal() {
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

/// Of a container that keeps what is changed in it: an image of another id has another.
std::string container_name(const ImageArgument& image) {
    auto directory = fs::current_path().filename().native();
    std::ranges::replace_if(
        directory,
        [](char c) { return c == ':' || c == ',' || static_cast<unsigned char>(c) <= ' '; }, '-');
    return image.stored ? fmt::format("{}-{}", directory, image.stored->record.id.short_hex())
                        : directory;
}

/// Without a command: bash where there is one.
std::vector<std::string> shell() {
    return {"/bin/sh", "-c", "command -v bash > /dev/null && exec bash; exec sh"};
}

} // namespace

void Run::describe(const Arguments& arguments) {
    arguments.description(
        "run a program in an image: as a step of Slurm's, or here where there is none");
    arguments.add_option("image", shown_, k_image_help).type_name("IMAGE");
    arguments.add_option("command", shown_, "a program and its arguments").type_name("COMMAND...");
    options_.describe(arguments);
    arguments.add_flag("--here", here_, "on this machine, even where there is Slurm");
    arguments.add_flag("--as-srun.sh", as_before_, "as the script of this name did").hidden();
    arguments.footer(
        R"(The first word is the image if it stands for one, and what follows is the command; with "--" in front
of the command there is no doubt. Without an image it is the one of this directory: as aic-image.toml
names it, or as the directory is called. Without a command it is a shell. The current directory is at
/workspace, where the program starts and may write. A reference that is not here is pulled.

Where there is no Slurm it runs on this machine, in the sandbox that builds use. The exit status is the
program's; SIGINT, SIGTERM and SIGHUP reach it, and a second one ends it at once.

Examples:
  aic-image run python3 train.py
  aic-image run --gpus 1 exp python3 train.py
  aic-image run nvcr.io#nvidia/pytorch:24.05-py3 -- python3 -c 'import torch'
  aic-image run --gpus 8 --nodes 2 --slurm '--partition=a100 --time=1:00:00' exp ./train.sh
  aic-image run                               # a shell in this directory's image
  aic-image run --here --mount /data/sets:ro alice/exp ls /data/sets)");
}

void Run::run_here(Session& session, const ImageArgument& image, const RunOptions& options) const {
    // What a project's file says for the cluster does no harm here.
    if (const auto option = options_.said_for_slurm())
        throw Error(ErrorKind::usage, "{} is Slurm's, and this runs without", *option);
    session.say(fmt::format("on this machine, without Slurm: {}", image.file.native()));
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
    for (const auto& mount : RunArgument::mounts(options))
        if (mount.target != "/workspace" || mount.source != request.project)
            request.mounts.push_back({mount.source, mount.target, mount.is_writable});
    session.exit_with(run::run_here(
        request, session.config(), session.environment(), [&] { return session.signal(); },
        session.stop()));
}

void Run::run_in_slurm(Session& session, const fs::path& srun, const ImageArgument& image,
                       const RunOptions& options) const {
    const auto help = output_of({srun.native(), "--help"}, session.stop());
    if (!help || !slurm::has_pyxis(*help))
        throw Error(ErrorKind::usage, "srun knows no containers here: pyxis is not installed")
            .with_hint("ask who runs the cluster for pyxis and enroot; '--here' runs it on this "
                       "machine");
    auto step = options_.step(session, image, options);
    step.has_terminal = has_terminal();
    if (as_before_) {
        step.is_as_the_site_has_it = true;
        if (!step.container_name)
            step.container_name = container_name(image);
    }
    session.flush();
    become(srun, slurm::srun_line(step), step.variables);
}

void Run::run(Session& session) {
    auto [word, command] = split_line(session, words_);
    const auto image = RunArgument::image(session, word);
    auto options = options_.onto_project(!word);
    if (!command.empty())
        options.command = std::move(command);
    if (options.command.empty())
        options.command = shell();
    if (image.stored)
        note_handed_out(session.library(), *image.stored, slurm::LeaseFor::job,
                        session.environment());
    const auto srun = find_program("srun", session.environment());
    if (as_before_ && srun) {
        if (options.gpus.empty())
            options.gpus = std::string("1");
        options.is_writable = true;
    }
    if (srun && !here_)
        run_in_slurm(session, *srun, image, options);
    try {
        run_here(session, image, options);
    } catch (const Error& error) {
        const bool may_be_meant_otherwise =
            !word && error.hint() == sandbox::k_no_such_program && words_.front() != "--";
        if (!may_be_meant_otherwise)
            throw;
        throw Error(error).with_hint(
            fmt::format("it was taken for a program in this directory's image, since there is no "
                        "image '{}' here; 'aic-image list' shows what there is",
                        printable(words_.front())));
    }
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run.hpp"

#include "builder/foreign/environment.hpp"
#include "builder/run/local_run.hpp"
#include "builder/sandbox/sandbox.hpp"
#include "cli/base_image.hpp"
#include "cli/directory_image.hpp"
#include "cli/hand_out.hpp"
#include "cli/import_options.hpp"
#include "cli/project_file.hpp"
#include "cli/recipe_words.hpp"
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

std::optional<std::string> if_said(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

/// Without a command: bash where there is one.
std::vector<std::string> shell() {
    return {"/bin/sh", "-c", "command -v bash > /dev/null && exec bash; exec sh"};
}

} // namespace

void Run::describe(CLI::App& app) {
    app.description("run a program in an image: as a step of Slurm's, or here where there is none");
    app.add_option("image", shown_, k_image_help)->type_name("IMAGE");
    app.add_option("command", shown_, "a program and its arguments")->type_name("COMMAND...");
    app.add_option("--gpus", options_.gpus, "GPUs on each node")->type_name("N");
    app.add_option("-N,--nodes", options_.nodes, "how many nodes")->type_name("N");
    app.add_option("-n,--ntasks", options_.tasks, "how many times the program runs")
        ->type_name("N");
    app.add_option("--slurm", options_.slurm, "more options for srun, as one word")
        ->type_name("OPTIONS");
    app.add_option(
           "-m,--mount", options_.mounts,
           "show a directory or file inside, at the same path or another, read-only with :ro")
        ->type_name("SRC[:DST][:ro]")
        ->expected(1)
        ->take_all();
    app.add_option("-e,--env", options_.env,
                   "set a variable, or hand on one of yours, whatever the image says")
        ->type_name("NAME[=VALUE]")
        ->expected(1)
        ->take_all();
    app.add_option("-w,--workdir", options_.working_directory,
                   "where it starts (default: /workspace)")
        ->type_name("DIRECTORY");
    app.add_flag("--home", options_.has_home, "with your home directory, which is not there else");
    app.add_flag("--root", options_.is_root, "as root inside, which is you outside");
    app.add_flag("--writable", options_.is_writable,
                 "the image's files can be changed; what becomes of them is lost afterwards");
    app.add_option("--name", container_name_, "a container of pyxis' of this name, which stays")
        ->type_name("NAME");
    app.add_flag("--here", here_, "on this machine, even where there is Slurm");
    app.footer(
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

Run::Words Run::words(Session& session) const {
    auto words = words_;
    const auto mark = std::ranges::find(words, "--");
    const auto before = static_cast<std::size_t>(mark - words.begin());
    if (mark != words.end() && before <= 1)
        return {before == 1 ? std::optional(words.front()) : std::nullopt, {mark + 1, words.end()}};
    if (words.empty() || !is_image_word(session, words.front()))
        return {std::nullopt, std::move(words)};
    return {words.front(), {words.begin() + 1, words.end()}};
}

ImageArgument Run::image(Session& session, const std::optional<std::string>& word) const {
    if (!word) {
        auto image = directory_image(session);
        return {image.file(), std::move(image)};
    }
    if (is_path_word(*word))
        return find_image(session.library(), *word, home_directory(session.environment()));
    auto image = base_image(session, *word, configured_import(session), Lookup::if_missing);
    return {image.file(), std::move(image)};
}

std::vector<std::string> Run::variables(Session& session, const RunOptions& options) {
    std::vector<std::string> variables;
    for (const auto& text : options.env) {
        if (text.find('=') != std::string::npos) {
            variables.push_back(checked_variable(text));
            continue;
        }
        const auto value = session.environment()(text.c_str());
        if (!value)
            throw Error(ErrorKind::usage, "--env {}: there is no such variable", text)
                .with_hint("say what it is: --env NAME=VALUE");
        variables.push_back(checked_variable(fmt::format("{}={}", text, *value)));
    }
    return variables;
}

std::vector<slurm::ContainerMount> Run::mounts(const RunOptions& options) {
    std::vector<slurm::ContainerMount> mounts = {{fs::current_path().native(), "/workspace", true}};
    for (const auto& text : options.mounts)
        mounts.push_back(parse_mount(text));
    return mounts;
}

void Run::run_here(Session& session, const ImageArgument& image, const RunOptions& options) const {
    // What a project's file says for the cluster does no harm here.
    for (const auto& [said, what] : {std::pair{&options_.nodes, "--nodes"},
                                     {&options_.tasks, "--ntasks"},
                                     {&options_.gpus, "--gpus"},
                                     {&options_.slurm, "--slurm"},
                                     {&container_name_, "--name"}})
        if (!said->empty())
            throw Error(ErrorKind::usage, "{} is Slurm's, and this runs without", what);
    session.say(fmt::format("on this machine, without Slurm: {}", image.file.native()));
    run::RunRequest request{.image = fs::absolute(image.file),
                            .command = options.command,
                            .project = fs::current_path(),
                            .mounts = {},
                            .env = variables(session, options),
                            .has_home = options.has_home,
                            .is_root = options.is_root,
                            .is_writable = options.is_writable,
                            .has_terminal = has_terminal()};
    if (!options.working_directory.empty())
        request.working_directory = checked_working_dir(options.working_directory);
    for (const auto& mount : mounts(options))
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
    squashfs::ImageReader reader(image.file);
    auto variables = this->variables(session, options);
    if (!options.gpus.empty())
        for (auto& variable : slurm::gpu_variables(foreign::environment_of(reader), variables))
            variables.push_back(std::move(variable));
    slurm::ContainerStep step{.image = image.file.native(),
                              .command = options.command,
                              .mounts = mounts(options),
                              .variables = variables,
                              .gpus = if_said(options.gpus),
                              .nodes = if_said(options.nodes),
                              .tasks = if_said(options.tasks),
                              .container_name = if_said(container_name_),
                              .has_home = options.has_home,
                              .is_root = options.is_root,
                              .is_writable = options.is_writable,
                              .has_terminal = has_terminal(),
                              .options = split_words(options.slurm)};
    if (!options.working_directory.empty())
        step.working_directory = checked_working_dir(options.working_directory);
    session.flush();
    become(srun, slurm::srun_line(step), variables);
}

void Run::run(Session& session) {
    auto [word, command] = words(session);
    options_.command = std::move(command);
    const auto image = this->image(session, word);
    const auto project = word ? std::nullopt : read_project();
    auto options = options_.onto(project ? project->run : RunOptions());
    if (options.command.empty())
        options.command = shell();
    if (image.stored)
        note_handed_out(session.library(), *image.stored, slurm::LeaseFor::job,
                        session.environment());
    const auto srun = find_program("srun", session.environment());
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

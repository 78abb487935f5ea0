// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/batch.hpp"

#include "cli/hand_out.hpp"
#include "cli/run_words.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/printable.hpp"
#include "core/subprocess.hpp"
#include "slurm/configuration.hpp"
#include "slurm/options.hpp"

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

constexpr std::uint64_t k_most_script_bytes = 4 << 20; // as Slurm's own limit
constexpr auto k_patience = std::chrono::minutes(2);   // of sbatch, on a busy cluster

/// Where the script is inside: below the current directory, which is at /workspace.
std::string path_inside(const fs::path& script) {
    const auto path = fs::weakly_canonical(script).lexically_relative(fs::current_path());
    if (path.empty() || *path.begin() == "..")
        throw Error(ErrorKind::usage, "'{}' is not in the current directory, and so not inside",
                    script.native())
            .with_hint("go to the directory that the job works in");
    return "/workspace/" + path.native();
}

/// pyxis' variables would put the batch script itself into a container. What is handed on to the
/// job is there even where it is a secret, which is in no other program's environment.
std::vector<std::string> environment_of_sbatch(const slurm::ContainerStep& step) {
    auto variables = environment_for_children();
    std::erase_if(variables, [](const auto& variable) { return variable.starts_with("PYXIS_"); });
    for (const auto& variable : step.variables)
        if (std::ranges::find(step.handed_on, variable.substr(0, variable.find('=')))
                != step.handed_on.end()
            && std::ranges::find(variables, variable) == variables.end())
            variables.push_back(variable);
    return variables;
}

} // namespace

void Batch::describe(const Arguments& arguments) {
    arguments.description("submit a script as a job that runs in an image");
    arguments.add_option("image", shown_, k_image_help).type_name("IMAGE");
    arguments.add_option("script", shown_, "a script in this directory, and its arguments")
        .type_name("SCRIPT...");
    options_.describe(arguments);
    arguments.add_flag("--dry-run", dry_run_, "print what sbatch would be given");
    arguments.footer(
        R"(Which image it is, and what the script has of this machine, is as with 'aic-image run'. Lines "#SBATCH"
at the top of the script count; options here go before them. The script is read from this directory
when the job starts, and runs once a task. Prints the number of the job.

Examples:
  aic-image batch train.sh
  aic-image batch --gpus 1 --slurm '--time=8:00:00' exp train.sh --epochs 10
  aic-image batch --dry-run train.sh)");
}

slurm::BatchJob Batch::job(Session& session, const ImageArgument& image, const RunOptions& options,
                           const std::vector<std::string>& line) const {
    const fs::path script = line.front();
    const auto text = read_file_if_exists(script, k_most_script_bytes);
    if (!text)
        throw Error(ErrorKind::not_found, "there is no script '{}'", script.native());
    auto said = options;
    said.command = slurm::interpreter_of(*text);
    if (said.command.empty())
        throw Error(ErrorKind::usage, "'{}' does not begin with a line such as #!/bin/sh",
                    script.native());
    said.command.push_back(path_inside(script));
    said.command.insert(said.command.end(), line.begin() + 1, line.end());
    slurm::BatchJob job{.step = {},
                        .name = script.filename().native(),
                        .directives = slurm::directives_of(*text),
                        .line = {"sbatch", "--parsable"}};
    slurm::check_directives(job.directives);
    job.step = options_.step(session, image, said, job.directives);
    auto divided = slurm::divide(job.step.options, slurm::JobMaker::sbatch);
    job.step.options = std::move(divided.job);
    const auto words = slurm::resource_words(job.step);
    job.step.options = std::move(divided.step);
    job.line.insert(job.line.end(), words.begin(), words.end());
    return job;
}

void Batch::submit(Session& session, const ImageArgument& image, const slurm::BatchJob& job) const {
    const auto script = slurm::batch_script(job);
    const auto configuration = slurm::show_configuration(session.stop()); // before there is a job
    const auto result = run_to_end({.argv = job.line,
                                    .environment = environment_of_sbatch(job.step),
                                    .input = script,
                                    .timeout = k_patience,
                                    .has_our_stderr = true},
                                   session.stop());
    if (!result)
        throw Error(ErrorKind::not_found, "there is no sbatch where PATH leads")
            .with_hint("submit from a login node of the cluster; 'aic-image run --here' runs a "
                       "program on this machine");
    if (result->status != 0)
        throw Error(ErrorKind::system, "sbatch ended with status {}", result->status);
    const auto answer = result->output.substr(0, result->output.find('\n')); // "4711;cluster"
    const auto mark = std::min(answer.find(';'), answer.size());
    const auto number = answer.substr(0, mark);
    if (image.stored)
        hold_for_job(session.library(), *image.stored, number,
                     mark < answer.size()
                         ? std::optional(answer.substr(mark + 1))
                         : slurm::setting_in(configuration.value_or(""), "ClusterName"));
    if (session.json())
        return session.print_json({{"job", number}});
    session.say(fmt::format("submitted: {} in {}", printable(job.name), image.file.native()));
    session.print(number);
}

void Batch::run(Session& session) {
    auto [word, line] = split_line(session, words_);
    if (line.empty())
        throw Error(ErrorKind::usage, "no script is named")
            .with_hint("aic-image batch [IMAGE] SCRIPT");
    const auto image = RunArgument::image(session, word);
    const auto job = this->job(session, image, options_.onto_project(!word), line);
    if (dry_run_)
        return session.print_bytes(slurm::batch_script(job));
    submit(session, image, job);
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/srun_args.hpp"

#include "cli/hand_out.hpp"
#include "core/error.hpp"
#include "core/shell_words.hpp"

#include <algorithm>

namespace aic::cli {

namespace {

/// A shell takes what a command prints apart at blanks, and looks for files by patterns.
const std::string& checked(const std::string& word) {
    if (word.find_first_of(" \t\n*?[") != std::string::npos)
        throw Error(ErrorKind::usage, "'{}' would not stay one word in $(...)", word)
            .with_hint("--print-env says the same in variables, which hold anything");
    return word;
}

} // namespace

void SrunArgs::describe(const Arguments& arguments) {
    arguments.description("print what srun takes to run a program in an image, for scripts");
    arguments.add_option("image", image_, k_image_help).type_name("IMAGE");
    options_.describe(arguments);
    arguments.add_flag("--print-env", print_env_,
                       "print variables for a shell's eval instead, which srun takes as options");
    arguments.footer(
        R"help(Without an image it is the one of this directory. The words are what 'aic-image run' would say. With
--json they are a list.

Examples:
  srun $(aic-image srun-args exp) python3 train.py
  srun --time=1:00:00 $(aic-image srun-args --nodes 2 exp) ./all.sh
  eval "$(aic-image srun-args --print-env --gpus 1 exp)"; srun python3 train.py)help");
}

void SrunArgs::run(Session& session) {
    const auto word = image_.empty() ? std::nullopt : std::optional(image_);
    const auto image = RunArgument::image(session, word);
    const auto step = options_.step(session, image, options_.onto_project(!word));
    if (image.stored)
        note_handed_out(session.library(), *image.stored, slurm::LeaseFor::job,
                        session.environment());
    if (print_env_) {
        if (!step.options.empty())
            throw Error(ErrorKind::usage, "--slurm cannot be said in variables")
                .with_hint("say it to srun");
        session.print("unset PYXIS_CONTAINER_NAME PYXIS_CONTAINER_ENV"); // of an earlier image
        for (const auto& variable : slurm::container_variables(step)) {
            const auto equals = variable.find('=');
            session.print(fmt::format("export {}={}", variable.substr(0, equals),
                                      shell_quote(variable.substr(equals + 1))));
        }
        return;
    }
    if (!step.variables.empty())
        throw Error(ErrorKind::usage, "words alone set no variables, such as {}",
                    step.variables.front().substr(0, step.variables.front().find('=')))
            .with_hint("use --print-env");
    auto words = slurm::container_words(step);
    std::ranges::copy(slurm::resource_words(step), std::back_inserter(words));
    if (session.json())
        return session.print_json({{"arguments", words}});
    for (const auto& each : words)
        session.print(checked(each));
}

} // namespace aic::cli

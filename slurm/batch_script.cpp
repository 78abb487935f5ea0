// SPDX-License-Identifier: Apache-2.0
#include "slurm/batch_script.hpp"

#include "core/error.hpp"
#include "core/shell_words.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace aic::slurm {

namespace {

constexpr std::string_view k_directive = "#SBATCH";

std::string_view take_line(std::string_view& text) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

/// sbatch takes a line apart at spaces, knows quotes, and ends it at a '#' that has no backslash.
std::string directive_word(const std::string& word) {
    if (word.find_first_of("\n\"\\") != std::string::npos)
        throw Error(ErrorKind::usage, "'{}' cannot be said to sbatch in a line of a script", word);
    std::string escaped;
    for (const char c : word) {
        if (c == '#')
            escaped += '\\';
        escaped += c;
    }
    return escaped.find_first_of(" \t'") == std::string::npos ? escaped
                                                              : fmt::format("\"{}\"", escaped);
}

std::string variable_line(const ContainerStep& step, const std::string& variable) {
    const auto equals = variable.find('=');
    const auto name = variable.substr(0, equals);
    if (std::ranges::find(step.handed_on, name) == step.handed_on.end())
        return fmt::format("export {}={}\n", name, shell_quote(variable.substr(equals + 1)));
    return fmt::format(
        "test -n \"${{{0}+x}}\" || {{ echo \"error: {0} was not handed on to the job, "
        "which --export or SBATCH_EXPORT left without it\" >&2; exit 1; }}\n",
        name);
}

} // namespace

std::vector<std::string> directives_of(std::string_view script) {
    std::vector<std::string> directives;
    while (!script.empty()) {
        const auto line = take_line(script);
        const auto start = line.find_first_not_of(" \t");
        if (start == std::string_view::npos)
            continue;
        if (line[start] != '#')
            break;
        if (line.starts_with(k_directive))
            directives.emplace_back(line);
    }
    return directives;
}

std::vector<std::string> interpreter_of(std::string_view script) {
    if (!script.starts_with("#!"))
        return {};
    script.remove_prefix(2);
    const auto line = take_line(script);
    const auto start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos)
        return {};
    const auto end = std::min(line.find_first_of(" \t", start), line.size());
    std::vector<std::string> words = {std::string(line.substr(start, end - start))};
    const auto argument = line.find_first_not_of(" \t", end);
    if (argument != std::string_view::npos) // the kernel makes one of all that follows
        words.emplace_back(line.substr(argument, line.find_last_not_of(" \t") - argument + 1));
    return words;
}

std::string batch_script(const BatchJob& job) {
    auto text = fmt::format("#!/bin/sh\n# by aic-image batch: {}\n", fmt::join(job.line, " "));
    text += fmt::format("{} {}\n", k_directive, directive_word("--job-name=" + job.name));
    for (const auto& directive : job.directives)
        text += directive + '\n';
    for (const auto& variable : job.step.variables)
        text += variable_line(job.step, variable);
    // Since 22.05 srun does not take this from the job by itself.
    text += "test -z \"${SLURM_CPUS_PER_TASK-}\" || "
            "export SRUN_CPUS_PER_TASK=\"$SLURM_CPUS_PER_TASK\"\n"
            "exec srun --export=ALL";
    for (const auto& word : container_words(job.step))
        text += " \\\n    " + shell_quote(word);
    for (const auto& word : job.step.options)
        text += " \\\n    " + shell_quote(word);
    text += " \\\n   ";
    for (const auto& word : job.step.command)
        text += ' ' + shell_quote(word);
    return text + '\n';
}

void check_directives(const std::vector<std::string>& directives) {
    for (const auto& directive : directives) {
        if (directive.find("--container-") != std::string::npos)
            throw Error(ErrorKind::usage, "'{}' puts the batch script itself into a container",
                        directive)
                .with_hint("take the line out: 'aic-image batch' says it to srun");
        if (directive.find("--wait") != std::string::npos
            && directive.find("--wait-") == std::string::npos)
            throw Error(ErrorKind::usage, "'{}': 'aic-image batch' does not wait for jobs",
                        directive)
                .with_hint("'srun' and 'aic-image run' wait");
    }
}

} // namespace aic::slurm

// SPDX-License-Identifier: Apache-2.0
#include "cli/on_cluster.hpp"

#include "cli/own_step.hpp"
#include "cli/run_words.hpp"
#include "core/error.hpp"
#include "core/foreground.hpp"
#include "core/shell_words.hpp"

#include <unistd.h>

#include <algorithm>

namespace aic::cli {

namespace {

constexpr const char* k_flag = "--on-cluster";
constexpr const char* k_opposite = "--here";

} // namespace

void OnCluster::describe(const Arguments& arguments) {
    arguments.add_flag(k_flag, on_cluster_,
                       "do the work as a job of Slurm's, so that this machine stays free");
    arguments.add_flag(k_opposite, here_,
                       "do it on this machine, even if the settings say otherwise");
}

std::vector<std::string> job_line(const std::string& verb, std::vector<std::string> words,
                                  const std::vector<std::string>& options, bool has_terminal) {
    // The node's own settings say the same, and the job shall be no other job's father.
    const auto at = words.begin() + static_cast<std::ptrdiff_t>(verb_position(words, verb)) + 1;
    const auto flag = std::find(at, words.end(), k_flag);
    if (flag != words.end())
        *flag = k_opposite;
    else
        words.insert(at, k_opposite);
    std::vector<std::string> line = {"srun", "--job-name=aic-image-" + verb, "--nodes=1",
                                     "--ntasks=1", "--gres=none"};
    if (has_terminal)
        line.emplace_back("--pty");
    line.insert(line.end(), options.begin(), options.end());
    line.insert(line.end(), words.begin(), words.end());
    return line;
}

bool OnCluster::run_as_job(Session& session, const std::string& verb, bool setting,
                           bool needs_this_machine) const {
    if (needs_this_machine && on_cluster_)
        throw Error(ErrorKind::usage, "a node does not have the images of this machine's engine")
            .with_hint("leave out --on-cluster");
    if (needs_this_machine)
        return false;
    // The settings are for login nodes: what a job does, it does itself.
    const bool is_job = session.environment()("SLURM_JOB_ID").has_value();
    if (here_ || !(on_cluster_ || (setting && !is_job)))
        return false;
    if (!find_program("srun", session.environment()))
        throw Error(ErrorKind::not_found, "there is no Slurm here: no srun where PATH leads")
            .with_hint("without --on-cluster, or with --here, it is done on this machine");
    auto words = session.words();
    words.front() = own_program();
    const bool has_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
    const auto options = is_job ? std::vector<std::string>{"--overlap"} // of what the job has
                                : split_words(session.config().on_cluster.options.value);
    session.flush();
    // Of the signals that ask for an end, srun hands on this one: the others become SIGKILL, after
    // which nothing is cleared up.
    const int status =
        run_in_foreground({.argv = job_line(verb, std::move(words), options, has_terminal),
                           .stop_signal = SIGUSR1,
                           .has_terminals_signals = has_terminal},
                          session.stop());
    if (session.stop().stop_requested())
        throw Error(ErrorKind::interrupted, "interrupted");
    session.exit_with(status);
    return true;
}

} // namespace aic::cli

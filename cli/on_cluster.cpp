// SPDX-License-Identifier: Apache-2.0
#include "cli/on_cluster.hpp"

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
    const auto flag = arguments.add_flag(
        k_flag, on_cluster_, "do the work as a job of Slurm's, so that this machine stays free");
    arguments
        .add_flag(k_opposite, here_, "do it on this machine, even if the settings say otherwise")
        .excludes(flag);
}

std::vector<std::string> job_line(const std::string& verb, std::vector<std::string> words,
                                  const std::vector<std::string>& options, bool has_terminal) {
    std::erase(words, k_flag);
    // The node's own settings say the same, and the job shall be no other job's father.
    words.insert(std::ranges::find(words.begin() + 1, words.end(), verb) + 1, k_opposite);
    std::vector<std::string> line = {"srun", "--job-name=aic-image-" + verb, "--nodes=1",
                                     "--ntasks=1", "--gres=none"};
    if (has_terminal)
        line.emplace_back("--pty");
    line.insert(line.end(), options.begin(), options.end());
    line.insert(line.end(), words.begin(), words.end());
    return line;
}

bool OnCluster::run_as_job(Session& session, const std::string& verb, bool setting) const {
    if (here_ || !(on_cluster_ || setting))
        return false;
    if (!find_program("srun", session.environment()))
        throw Error(ErrorKind::not_found, "there is no Slurm here: no srun where PATH leads")
            .with_hint("without --on-cluster, or with --here, it is done on this machine");
    auto words = session.words();
    words.front() = own_program();
    const bool has_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
    const auto options = split_words(session.config().on_cluster.options.value);
    session.flush();
    // Of the signals that ask for an end, srun hands on this one: the others become SIGKILL, after
    // which nothing is cleared up.
    session.exit_with(
        run_in_foreground({.argv = job_line(verb, std::move(words), options, has_terminal),
                           .stop_signal = SIGUSR1,
                           .has_terminals_signals = has_terminal},
                          session.stop()));
    return true;
}

} // namespace aic::cli

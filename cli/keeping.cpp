// SPDX-License-Identifier: Apache-2.0
#include "cli/keeping.hpp"

#include "cli/hand_out.hpp"
#include "cli/own_step.hpp"
#include "cli/run_words.hpp"
#include "core/become.hpp"
#include "core/bytes.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/foreground.hpp"
#include "core/log.hpp"
#include "core/printable.hpp"
#include "slurm/job_environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

namespace aic::cli {

namespace {

const UsersName& own_name_of(const ImageArgument& image) {
    if (!image.name || image.name->user != ::geteuid())
        throw Error(ErrorKind::usage, "--keep changes what a name of yours stands for, and this "
                                      "image was not called by one")
            .with_hint("'aic-image build IMAGE --name NAME' gives it one");
    return *image.name;
}

std::string claim_key(const cache::ImageName& name) {
    return "keep" + to_hex(sha256_of(fmt::format("{}/{}", ::geteuid(), name.str()))).substr(0, 32);
}

std::string job_of(const Session& session) {
    return session.environment()("SLURM_JOB_ID").value_or("");
}

/// For the user who wonders where his changes are.
std::string moved_on(const cache::ImageName& name, const cache::StoredImage& next) {
    return fmt::format("'{}' got another image meanwhile, and keeps that; what was changed here is "
                       "the image {} until it is cleared away: 'aic-image build {} --name NAME' "
                       "calls it something",
                       name.str(), next.record.id.short_hex(), next.record.id.short_hex());
}

std::vector<std::string> options_of_helpers() {
    return {"--nodes=1", "--ntasks=1", "--relative=0", "--overlap", "--gres=none"};
}

} // namespace

Keeping::Keeping(Session& session, const ImageArgument& image)
    : session_(session)
    , name_(own_name_of(image).name)
    , from_{image.stored->record.id, image.stored->record.variant}
    , claimant_(session.store().layout(), claim_key(name_), job_of(session),
                session.library().trust()) {}

void Keeping::require_unclaimed() {
    const auto first = claimant_.holder();
    auto holder = first;
    // One of another machine may be dead: his note tells, which changes every second.
    while (holder && holder->nonce == first->nonce && holder->beat == first->beat) {
        if (session_.stop().stop_requested())
            throw Error(ErrorKind::interrupted, "interrupted");
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        holder = claimant_.holder();
    }
    if (!holder)
        return;
    throw Error(ErrorKind::busy, "'{}' is being changed by {}'s process {} on {}{}", name_.str(),
                printable(holder->user), holder->pid, printable(holder->host),
                holder->job.empty() ? "" : fmt::format(", job {}", printable(holder->job)))
        .with_hint("what keeps no changes may run beside it: 'aic-image run COMMAND' without "
                   "--keep");
}

void Keeping::claim() {
    require_unclaimed();
    claim_ = claimant_.take([] { return cache::WorkDone(); });
    if (!claim_) {
        require_unclaimed();
        throw Error(ErrorKind::busy, "'{}' is being changed by another program", name_.str());
    }
    const auto now = cache::Names(session_.store().layout()).find(name_);
    if (!now || !now->is_of(from_.id, from_.variant))
        throw Error(ErrorKind::busy, "'{}' has just got another image", name_.str())
            .with_hint("run it again");
}

void Keeping::advance(const cache::StoredImage& next) const {
    if (!cache::Names(session_.store().layout())
             .advance(name_, from_,
                      {next.record.id, next.record.variant, "run --keep", std::nullopt}))
        throw Error(ErrorKind::busy, "{}", moved_on(name_, next));
    note_handed_out(session_.library(), next, slurm::LeaseFor::job, session_.environment());
}

bool advance_name(Session& session, const cache::ImageName& name, const cache::StoredImage& from,
                  const cache::StoredImage& next, const std::string& how) {
    const bool is_advanced = cache::Names(session.store().layout())
                                 .advance(name, {from.record.id, from.record.variant},
                                          {next.record.id, next.record.variant, how, std::nullopt});
    if (!is_advanced)
        warn("{}", moved_on(name, next));
    return is_advanced;
}

void say_kept(Session& session, const cache::ImageName& name,
              std::optional<std::uint64_t> layer_bytes) {
    session.say(layer_bytes ? fmt::format("kept: {}, in '{}' from now on", human_size(*layer_bytes),
                                          name.str())
                            : fmt::format("nothing was changed: '{}' is as it was", name.str()));
}

namespace {

/// "bash", "/bin/zsh -l", and not "bash setup.sh".
bool is_interactive_shell(const std::vector<std::string>& command) {
    static constexpr std::array<std::string_view, 10> k_shells = {
        "bash", "csh", "dash", "fish", "ksh", "screen", "sh", "tcsh", "tmux", "zsh"};
    if (command == default_shell())
        return true;
    const auto name = std::filesystem::path(command.front()).filename().native();
    return std::ranges::find(k_shells, name) != k_shells.end()
           && std::all_of(command.begin() + 1, command.end(), [](const std::string& word) {
                  return word.starts_with('-') && word != "-c";
              });
}

/// Tasks that are being ended may yet use it for a moment. Whether it is gone.
bool remove_container(const std::vector<std::string>& line) {
    constexpr int k_tries = 5;
    for (int tries = 0; tries < k_tries; ++tries) {
        if (tries > 0)
            std::this_thread::sleep_for(std::chrono::seconds(1));
        const int status =
            run_in_foreground({.argv = line, .environment = environment_outside_containers()}, {});
        if (status == 0 || status == static_cast<int>(ErrorKind::not_found))
            return true;
        if (status != static_cast<int>(ErrorKind::busy))
            return false;
    }
    return false;
}

} // namespace

bool is_cancelled(int status, const std::vector<std::string>& command) {
    return status == 128 + SIGINT && !is_interactive_shell(command);
}

int run_and_commit(Session& session, const Keeping& keeping, const cache::StoredImage& image,
                   slurm::ContainerStep step) {
    // Of a name that no container has: pyxis would take that one, whatever is in it.
    const auto container =
        fmt::format("aic-{}-{}-{}", keeping.name().str(),
                    session.environment()("SLURM_JOB_ID").value_or(""), ::getpid());
    step.container_name = container;
    step.is_writable = true;
    step.nodes = "1";
    const auto commit = own_step(session, options_of_helpers(),
                                 {"commit", container, "--base", image.file().native(), "--name",
                                  keeping.name().str(), "--if-still"});
    const auto remove = own_step(session, options_of_helpers(),
                                 {"--quiet", "containers", "--rm", container, "--force"});
    const auto helper = [&](const std::vector<std::string>& line) {
        return run_in_foreground({.argv = line, .environment = environment_outside_containers()},
                                 session.stop());
    };

    auto line = slurm::srun_line(step);
    line.insert(line.begin() + 1, "--relative=0");
    auto variables = step.variables;
    if (const auto cpus = session.environment()("SLURM_CPUS_PER_TASK"))
        variables.push_back("SRUN_CPUS_PER_TASK=" + *cpus); // srun takes no other
    const int status =
        run_in_foreground({.argv = line, .variables = std::move(variables)}, session.stop());
    const bool is_stopped = session.stop().stop_requested();
    if (is_stopped || is_cancelled(status, step.command)) {
        const Error error(ErrorKind::interrupted, "interrupted: nothing is kept");
        if (is_stopped && remove_container(remove))
            throw error;
        throw error.with_hint(fmt::format("where containers outlast jobs, '{}' is on the node yet: "
                                          "'aic-image containers --rm {}' there removes it, and "
                                          "'aic-image commit' would keep it",
                                          container, container));
    }
    const int committed = helper(commit);
    if (committed == k_no_container)
        return status; // srun said why
    if (committed != 0 && committed != k_moved_on)
        throw Error(ErrorKind::system, "what was changed is not kept")
            .with_hint(
                fmt::format("the container '{}' is on the node yet, where 'aic-image commit' "
                            "takes it",
                            container));
    helper(remove);
    if (committed == k_moved_on)
        throw Error(ErrorKind::busy, "'{}' was not changed", keeping.name().str());
    return status;
}

void become_allocation(Session& session, const std::string& verb, const std::string& option,
                       const std::vector<std::string>& resources) {
    const auto salloc = find_program("salloc", session.environment());
    if (!salloc)
        throw Error(ErrorKind::not_found, "there is no salloc where PATH leads");
    std::vector<std::string> options = {"--nodes=1"};
    options.insert(options.end(), resources.begin(), resources.end());
    auto words = session.words();
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(verb_position(words, verb)) + 1,
                 option);
    session.flush();
    become(*salloc, own_allocation(verb, session.options().quiet, options, words), {});
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/keeping.hpp"

#include "cli/hand_out.hpp"
#include "cli/run_words.hpp"
#include "core/become.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/foreground.hpp"
#include "core/printable.hpp"
#include "slurm/job_environment.hpp"

#include <unistd.h>

#include <algorithm>

namespace aic::cli {

namespace {

const UsersName& own_name_of(const ImageArgument& image) {
    if (!image.name || image.name->user != ::geteuid())
        throw Error(ErrorKind::usage, "--keep changes what a name of yours stands for, and this "
                                      "image was not called by one")
            .with_hint("'aic-image build IMAGE --name NAME' gives it one");
    return *image.name;
}

cache::NameState state_of(Session& session, const cache::ImageName& name) {
    if (auto state = cache::Names(session.store().layout()).find(name))
        return std::move(*state);
    throw Error(ErrorKind::not_found, "there is no name '{}' in '{}'", name.str(),
                session.store().layout().root().native());
}

std::string claim_key(const cache::ImageName& name) {
    return "keep" + to_hex(sha256_of(fmt::format("{}/{}", ::geteuid(), name.str()))).substr(0, 32);
}

std::string job_of(const Session& session) {
    const auto step = slurm::current_holder(slurm::LeaseFor::step, session.environment());
    return step ? step->str() : "";
}

[[noreturn]] void throw_moved_on(const cache::ImageName& name, const cache::StoredImage& next) {
    throw Error(ErrorKind::busy, "'{}' got another image meanwhile, and keeps that", name.str())
        .with_hint(fmt::format("what was changed here is the image {}, until it is cleared away: "
                               "'aic-image build {} --name NAME' calls it something",
                               next.record.id.short_hex(), next.record.id.short_hex()));
}

/// Steps of ours beside the user's, on the node that his ran on.
std::vector<std::string> helper_line(const Session& session) {
    std::vector<std::string> line = {"srun",         "--quiet",   "--nodes=1",   "--ntasks=1",
                                     "--relative=0", "--overlap", "--gres=none", own_program()};
    if (session.options().store)
        line.push_back("--store=" + *session.options().store);
    if (session.options().quiet)
        line.emplace_back("--quiet");
    return line;
}

} // namespace

Keeping::Keeping(Session& session, const ImageArgument& image)
    : session_(session)
    , name_(own_name_of(image).name)
    , state_(state_of(session, name_))
    , claimant_(session.store().layout(), claim_key(name_), job_of(session),
                session.library().trust()) {}

void Keeping::require_unclaimed() {
    const auto holder = claimant_.holder();
    if (!holder)
        return;
    throw Error(ErrorKind::busy, "'{}' is being changed by {}'s process {} on {}{}", name_.str(),
                printable(holder->user), holder->pid, printable(holder->host),
                holder->job.empty() ? "" : fmt::format(", job {}", printable(holder->job)))
        .with_hint("without --keep any number of programs may run in it");
}

void Keeping::claim() {
    require_unclaimed();
    claim_ = claimant_.take([] { return cache::WorkDone(); });
    if (!claim_) {
        require_unclaimed();
        throw Error(ErrorKind::busy, "'{}' is being changed by another program", name_.str());
    }
}

void Keeping::advance(const cache::StoredImage& next) const {
    const auto layout = session_.store().layout();
    if (!cache::Names(layout).advance(
            name_, {state_.id, state_.variant},
            {next.record.id, next.record.variant, "run --keep", std::nullopt}))
        throw_moved_on(name_, next);
    note_handed_out(session_.library(), next, slurm::LeaseFor::job, session_.environment());
}

void advance_name(Session& session, const cache::ImageName& name, const cache::StoredImage& from,
                  const cache::StoredImage& next, const std::string& how) {
    if (!cache::Names(session.store().layout())
             .advance(name, {from.record.id, from.record.variant},
                      {next.record.id, next.record.variant, how, std::nullopt}))
        throw_moved_on(name, next);
}

int run_and_commit(Session& session, const Keeping& keeping, const cache::StoredImage& image,
                   slurm::ContainerStep step) {
    const auto job = session.environment()("SLURM_JOB_ID").value_or("");
    const auto container = fmt::format("aic-{}-{}", keeping.name().str(), job);
    step.container_name = container;
    step.is_writable = true;
    step.nodes = "1";
    auto line = slurm::srun_line(step);
    line.insert(line.begin() + 1, "--relative=0");
    const int status =
        run_in_foreground({.argv = line, .variables = step.variables}, session.stop());
    if (session.stop().stop_requested())
        throw Error(ErrorKind::interrupted, "interrupted: nothing is kept")
            .with_hint(fmt::format("where containers outlast jobs, '{}' is on the node yet: "
                                   "'aic-image containers' there",
                                   container));
    auto commit = helper_line(session);
    commit.insert(commit.end(), {"commit", container, "--base", image.record.id.hex(), "--name",
                                 keeping.name().str(), "--if-still"});
    const int committed = run_in_foreground({.argv = commit}, session.stop());
    if (committed == static_cast<int>(ErrorKind::not_found) && status != 0)
        return status; // it was never made, and srun said why
    const bool is_an_image = committed == 0 || committed == static_cast<int>(ErrorKind::busy);
    if (!is_an_image)
        throw Error(ErrorKind::system, "what was changed is not kept")
            .with_hint(
                fmt::format("the container '{}' is on the node yet, where 'aic-image commit' "
                            "takes it",
                            container));
    auto remove = helper_line(session);
    remove.insert(remove.end(), {"--quiet", "containers", "--rm", container, "--force"});
    run_in_foreground({.argv = remove}, session.stop());
    if (committed != 0)
        throw Error(ErrorKind::busy, "'{}' was not changed", keeping.name().str());
    return status;
}

void become_allocation(Session& session, const std::string& verb, const std::string& option,
                       const std::vector<std::string>& resources) {
    const auto salloc = find_program("salloc", session.environment());
    if (!salloc)
        throw Error(ErrorKind::not_found, "there is no salloc where PATH leads");
    std::vector<std::string> line = {"salloc", "--quiet", "--nodes=1",
                                     "--job-name=aic-image-" + verb};
    line.insert(line.end(), resources.begin(), resources.end());
    auto words = session.words();
    words.front() = own_program();
    words.insert(std::ranges::find(words.begin() + 1, words.end(), verb) + 1, option);
    line.insert(line.end(), words.begin(), words.end());
    session.flush();
    become(*salloc, line, {});
}

} // namespace aic::cli

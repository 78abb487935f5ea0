// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/build.hpp"

#include "cache/collector.hpp"
#include "cli/base_image.hpp"
#include "cli/build_display.hpp"
#include "cli/image_json.hpp"
#include "cli/import_options.hpp"
#include "cli/naming.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "core/printable.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

/// Where this program itself writes while it builds: in the project, if that is one's home. The
/// first is made now, since what is above it is the project's.
std::vector<fs::path> own_places(Session& session) {
    auto state = state_directory(session.environment());
    try {
        make_directories(state, 0700);
    } catch (const Error& error) { // who needs it says so
        debug("{}", error.message());
    }
    return {std::move(state), session.config().spool.value, session.config().store.value};
}

} // namespace

void Build::describe(const Arguments& arguments) {
    arguments.description("run setup scripts over an image and keep the result as a new one");
    arguments
        .add_option("base", base_,
                    "a name, a reference (pulled where it is not here), or the beginning of an id "
                    "(default: as aic-image.toml says)")
        .type_name("BASE");
    recipe_.describe(arguments);
    arguments.add_option("--name", name_, "call the image so (default: as the current directory)")
        .not_empty()
        .type_name("NAME");
    arguments.add_flag("--replace", replace_, "even if the name was given in another directory");
    const auto no_cache =
        arguments.add_flag("--no-cache", no_cache_, "run every step, even if its result is here");
    arguments
        .add_option("--refresh-from", refresh_from_,
                    "run this step, by its number or label, and those after it, even if their "
                    "results are here")
        .type_name("STEP")
        .excludes(no_cache);
    arguments.add_flag("--pull", pull_, "ask the registry whether the base has changed");
    arguments.add_flag("--shell-on-failure", shell_on_failure_,
                       "open a shell in the sandbox where a step fails");
    arguments.add_flag("--dry-run", dry_run_, "only show which steps would run");
    arguments.add_option("--compression", compression_, "of a base that is pulled")
        .type_name("NAME");
    arguments.add_option("--block-size", block_size_, "of a base that is pulled").type_name("SIZE");
    arguments.add_option("--threads", threads_, "threads that compress (default: one a core)")
        .type_name("N")
        .in_range(1U, 1024U);
    arguments.add_option("--otherwise", otherwise_, "the base where none is named").hidden();
    on_cluster_.describe(arguments);
    arguments.footer(
        R"(Needs no root, no daemon and no GPU. Each step runs once: who builds the same on the same base gets
it at once, with all its layers. Steps see the current directory, read-only, at /workspace, as long
as it holds no more than 64 MiB. Prints the path of the image on standard output.

Examples:
  aic-image build nvcr.io#nvidia/tensorflow:22.02-tf2-py3 -s setup.sh
  aic-image build ubuntu:22.04 --apt "git python3-pip" --pip numpy --name exp
  aic-image build exp -r requirements.txt --env OMP_NUM_THREADS=8 --workdir /workspace
  aic-image build debian:12 -s a.sh -s b.sh --dry-run
  aic-image build                             # as aic-image.toml in this directory says)");
}

std::optional<Project> Build::project() const {
    if (auto project = read_project()) {
        if (!base_.empty())
            project->base = base_;
        return project;
    }
    if (!base_.empty())
        return std::nullopt;
    if (!otherwise_.empty())
        return Project{.base = otherwise_, .name = std::nullopt, .recipe = {}};
    throw Error(ErrorKind::usage, "no base is named, and there is no file '{}' here",
                k_project_file)
        .with_hint("aic-image build BASE -s setup.sh");
}

cache::ImageName Build::chosen_name(const std::optional<Project>& project) const {
    if (!name_.empty())
        return cache::ImageName::parse(name_);
    if (project && project->name)
        return cache::ImageName::parse(*project->name);
    try {
        return cache::ImageName::parse(fs::current_path().filename().native());
    } catch (const Error& error) {
        throw Error(ErrorKind::usage, "naming the image as the current directory: {}",
                    error.message())
            .with_hint("say --name NAME");
    }
}

/// The first step that is not to be taken from where it is.
std::optional<std::size_t> Build::refresh_from(const build::Recipe& recipe) const {
    if (no_cache_)
        return 0;
    if (refresh_from_.empty())
        return std::nullopt;
    std::size_t number = 0;
    const auto* end = refresh_from_.data() + refresh_from_.size();
    const auto [rest, fault] = std::from_chars(refresh_from_.data(), end, number);
    if (fault == std::errc() && rest == end && number >= 1 && number <= recipe.steps.size())
        return number - 1;
    const auto step = std::ranges::find(recipe.steps, refresh_from_, &build::Step::label);
    if (step != recipe.steps.end())
        return step - recipe.steps.begin();
    std::vector<std::string> labels;
    for (const auto& other : recipe.steps)
        labels.push_back(fmt::format("{} ({})", labels.size() + 1, printable(other.label)));
    throw Error(ErrorKind::usage, "--refresh-from '{}': there is no such step", refresh_from_)
        .with_hint(labels.empty() ? "this build has no steps"
                                  : fmt::format("the steps are {}", fmt::join(labels, ", ")));
}

build::BuildRequest Build::request(Session& session, const cache::ImageName& name,
                                   cache::StoredImage base, build::Recipe recipe) const {
    const auto refresh_from = this->refresh_from(recipe);
    return {.base = std::move(base),
            .recipe = std::move(recipe),
            .project = fs::current_path(),
            .left_out = own_places(session),
            .base_name = name.str(),
            .refresh_from = refresh_from,
            .threads = threads_ > 0 ? threads_ : configured_import(session).threads,
            .has_shell = shell_on_failure_};
}

cache::StoredImage Build::base(Session& session) const {
    return base_image(session, base_, configured_import(session, compression_, block_size_),
                      pull_ ? Lookup::always : Lookup::if_missing);
}

/// What a dry run shows without a base: nothing is pulled for it.
void Build::show_unknown(Session& session, const build::Recipe& recipe) const {
    if (session.json()) {
        auto steps = nlohmann::json::array();
        for (const auto& step : recipe.steps)
            steps.push_back({{"label", step.label}, {"is_there", false}});
        return session.print_json({{"base", nullptr}, {"is_there", false}, {"steps", steps}});
    }
    session.print(fmt::format("the base '{}' would be pulled", base_));
    for (std::size_t i = 0; i < recipe.steps.size(); ++i)
        session.print(
            fmt::format("step {}/{}  {}  would run, unless its result for that base is here", i + 1,
                        recipe.steps.size(), printable(recipe.steps[i].label)));
}

void Build::show_preview(Session& session, const build::BuildRequest& request) const {
    const auto preview = build::preview(request, session.config(), session.stop());
    const auto is_there = [&](std::size_t i) { return preview.is_there || preview.steps[i]; };
    if (session.json()) {
        auto steps = nlohmann::json::array();
        for (std::size_t i = 0; i < request.recipe.steps.size(); ++i)
            steps.push_back({{"label", request.recipe.steps[i].label}, {"is_there", is_there(i)}});
        return session.print_json({{"base", request.base.record.id.str()},
                                   {"is_there", preview.is_there},
                                   {"steps", steps}});
    }
    for (std::size_t i = 0; i < request.recipe.steps.size(); ++i)
        session.print(fmt::format("step {}/{}  {}  {}", i + 1, request.recipe.steps.size(),
                                  printable(request.recipe.steps[i].label),
                                  is_there(i) ? "already here" : "would run"));
    session.print(preview.is_there ? "the image is here already"
                                   : "the image would be put together");
}

cache::Replace Build::replace() const {
    return replace_ ? cache::Replace::yes : cache::Replace::no;
}

/// Without a step the image is the base itself.
void Build::name_base(Session& session, const cache::ImageName& name,
                      const cache::StoredImage& base) const {
    give_name(session, name, base, "build " + base_, replace());
    if (session.json()) {
        auto image = image_json(base.record, base.file());
        image["was_there"] = true;
        image["name"] = name.str();
        image["steps"] = nlohmann::json::array();
        return session.print_event({{"version", 1}, {"event", "result"}, {"image", image}});
    }
    session.say(fmt::format("no step was named, so '{}' is the base as it is: {}", name.str(),
                            base.record.reference));
    session.print(base.file().native());
}

void Build::run(Session& session) {
    const auto start = std::chrono::steady_clock::now();
    auto project = this->project();
    const auto name = chosen_name(project);
    if (!dry_run_)
        require_free_name(session, name, replace());
    if (project)
        base_ = project->base;
    auto recipe = recipe_.onto(project ? std::move(project->recipe) : build::Recipe());
    // Only now, so that what is mistaken is said before anything waits in a queue.
    if (on_cluster_.run_as_job(session, this->name(), session.config().on_cluster.build.value,
                               oci::names_engine(base_)))
        return;
    if (dry_run_) {
        auto here = base_image_here(session, base_);
        return here ? show_preview(session, request(session, name, std::move(*here), recipe))
                    : show_unknown(session, recipe);
    }
    const auto request = this->request(session, name, base(session), std::move(recipe));
    if (request.recipe.changes_nothing())
        return name_base(session, name, request.base);
    BuildDisplay display(request.recipe, session);
    build::BuildResult result;
    try {
        result = build::build(request, session.config(), session.environment(), display.observer(),
                              session.stop());
    } catch (...) {
        display.failed();
        throw;
    }
    display.finish();
    give_name(session, name, result.image, "build " + base_, replace());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const auto file = result.image.file();
    if (session.json()) {
        auto image = image_json(result.image.record, file);
        image["was_there"] = result.was_there;
        image["name"] = name.str();
        image["steps"] = nlohmann::json::array();
        for (const auto& step : result.steps)
            image["steps"].push_back(step_json(step));
        session.print_event({{"version", 1}, {"event", "result"}, {"image", image}});
    } else {
        session.say(fmt::format("{} in {:.1f} s: {}, as '{}'",
                                result.was_there ? "already built, found" : "built", took.count(),
                                human_size(result.image.record.size_bytes), name.str()));
        session.say(fmt::format("  next: aic-image run {} -- COMMAND", name.str()));
        session.print(file.native());
    }
    cache::collect_a_little(session.store(), session.config().gc.trash_age.value);
}

} // namespace aic::cli

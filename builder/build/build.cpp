// SPDX-License-Identifier: Apache-2.0
#include "builder/build/build.hpp"

#include "builder/build/derivation.hpp"
#include "builder/build/profile_files.hpp"
#include "builder/build/step_key.hpp"
#include "builder/build/step_layer.hpp"
#include "builder/build/step_log.hpp"
#include "builder/build/step_run.hpp"
#include "builder/import_turn.hpp"
#include "builder/known_image.hpp"
#include "builder/packing.hpp"
#include "builder/profile.hpp"
#include "core/crew.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "oci/image_config.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>

namespace fs = std::filesystem;

namespace aic::build {

namespace {

/// What a step may be expected to need at least.
constexpr std::uint64_t k_least_scratch_bytes = 256 << 20;

/// The keys of a recipe over a base.
struct Keys {
    std::vector<StepKey> steps;
    StepKey image;
    std::optional<InputDigest> inputs; ///< of the project, or of what is shown of it
    bool shows_project = false;        ///< the whole of it
};

/// What a step that sees the project sees, if it is not too large; else what was declared.
std::optional<InputDigest> shown_inputs(const BuildRequest& request, std::stop_token stop) {
    if (request.recipe.shown.empty())
        return std::nullopt;
    std::string digests;
    std::error_code unknown; // what is gone is told of when it is read
    for (const auto& path : request.recipe.shown)
        digests +=
            path.native() + '\n'
            + digest_of_path(fs::weakly_canonical(request.project / path, unknown), stop).hex()
            + '\n';
    return InputDigest(sha256_of(digests));
}

Keys keys_of(const BuildRequest& request, std::stop_token stop) {
    Keys keys;
    const bool is_seen = std::ranges::any_of(
        request.recipe.steps, [](const Step& step) { return step.workspace != Workspace::hidden; });
    if (is_seen)
        keys.inputs = digest_of_directory(request.project, request.left_out, stop);
    keys.shows_project = keys.inputs.has_value();
    if (is_seen && !keys.shows_project)
        keys.inputs = shown_inputs(request, stop);
    auto key = base_key(request.base.record.id, request.base.record.variant);
    for (const auto& step : request.recipe.steps) {
        key = step_key(key, step, request.recipe.env,
                       step.added ? digest_of_path(*step.added, stop) : keys.inputs);
        if (step.workspace == Workspace::writable)
            key = StepKey(sha256_of(key.hex() + unique_name())); // nobody else's, nor what follows
        keys.steps.push_back(key);
    }
    keys.image = image_key(key, request.recipe);
    return keys;
}

/// One build, step by step.
class Building {
public:
    Building(const BuildRequest& request, const Config& config, const Environment& environment,
             const BuildObserver& observer, std::stop_token stop)
        : request_(request)
        , config_(config)
        , environment_(environment)
        , observer_(observer)
        , stop_(stop)
        , library_(config)
        , store_(library_.own())
        , packing_(builder::packing_of(request.base))
        , variant_(packing_.variant())
        , visibility_(request.recipe.secrets.empty() ? cache::visibility_of(request.base.directory)
                                                     : cache::Visibility::owner)
        , keys_(keys_of(request, stop)) {}

    BuildResult run() {
        if (auto image = find_image())
            return found(*image);
        store_.prepare();
        const auto claim = claim_of(build_reference(keys_.image), variant_,
                                    [&] { return find_image().has_value(); });
        if (auto image = find_image())
            return found(*image);
        library_.note_use(request_.base);
        BuildResult result{.image = request_.base, .steps = {}};
        for (std::size_t i = 0; i < request_.recipe.steps.size(); ++i)
            result.steps.push_back(make_step(i));
        phase("putting the image together");
        result.image = derive_image(store_,
                                    {.base = request_.base,
                                     .steps = steps_,
                                     .recipe = request_.recipe,
                                     .reference = build_reference(keys_.image),
                                     .base_name = request_.base_name,
                                     .threads = request_.threads,
                                     .visibility = visibility_},
                                    stop_);
        return result;
    }

    BuildPreview preview() {
        BuildPreview result{.is_there = find_image().has_value(), .steps = {}};
        for (std::size_t i = 0; i < keys_.steps.size(); ++i)
            result.steps.push_back(find_step(i).has_value());
        return result;
    }

private:
    const oci::Platform& platform() const { return request_.base.record.platform; }

    std::string step_variant() const {
        return builder::variant_name(packing_.compression.str(), packing_.block_bytes,
                                     k_step_profile);
    }

    void phase(const char* name) {
        if (observer_.progress)
            observer_.progress->phase(name);
    }

    std::optional<cache::StoredImage> find(const std::string& reference,
                                           const std::string& variant) const {
        for (const auto& record : library_.find_references(reference, platform()))
            if (auto image = builder::find_complete(library_, record.id, variant))
                return image;
        return std::nullopt;
    }

    std::optional<cache::StoredImage> find_image() const {
        return request_.refresh_from ? std::nullopt : find(build_reference(keys_.image), variant_);
    }

    std::optional<cache::StoredImage> find_step(std::size_t index) const {
        return request_.refresh_from && index >= *request_.refresh_from
                   ? std::nullopt
                   : find(step_reference(keys_.steps[index]), step_variant());
    }

    BuildResult found(const cache::StoredImage& image) const {
        BuildResult result{.image = image, .was_there = true, .steps = {}};
        for (const auto& step : request_.recipe.steps)
            result.steps.push_back({.label = step.label, .was_there = true, .log = {}});
        return result;
    }

    /// Whoever wants the same at the same time waits for the one who makes it.
    std::unique_ptr<cache::Claim> claim_of(const std::string& reference, const std::string& variant,
                                           const std::function<bool()>& is_there) {
        cache::Claimant claimant(store_.layout(),
                                 builder::claim_key(reference, platform(), variant,
                                                    visibility_ == cache::Visibility::owner
                                                        ? std::optional(store_.layout().owner())
                                                        : std::nullopt),
                                 builder::slurm_job(environment_), library_.trust());
        auto claim = builder::wait_for_turn(
            claimant, observer_.progress,
            [&] {
                library_.look_for_users();
                return is_there();
            },
            stop_);
        library_.look_for_users();
        return claim;
    }

    StepOutcome make_step(std::size_t index) {
        const auto& step = request_.recipe.steps[index];
        auto there = find_step(index);
        std::unique_ptr<cache::Claim> claim;
        if (!there) {
            claim = claim_of(step_reference(keys_.steps[index]), step_variant(),
                             [&] { return (there = find_step(index)).has_value(); });
            there = find_step(index);
        }
        StepOutcome outcome{.label = step.label, .was_there = there.has_value(), .log = {}};
        if (there) {
            library_.note_use(*there);
            steps_.push_back(std::move(*there));
        } else {
            in_context([&] { return fmt::format("step {} ({})", index + 1, step.label); },
                       [&] { steps_.push_back(run_step(index, outcome)); });
        }
        outcome.layer_bytes = steps_.back().record.segments.front().length_bytes;
        if (observer_.step_ended)
            observer_.step_ended(index, outcome);
        return outcome;
    }

    std::vector<std::string> images_below() const {
        std::vector<std::string> images = {request_.base.file().native()};
        for (const auto& step : steps_)
            images.push_back(step.file().native());
        return images;
    }

    std::vector<std::string> image_env() const {
        return oci::with_variables(oci::parse_image_config(request_.base.record.config_json).env,
                                   request_.recipe.env);
    }

    /// What the image will say of the recipe's variables, so that a step which adds to
    /// /etc/environment adds to that.
    std::vector<sandbox::TextFile> files_above() const {
        if (request_.recipe.env.empty())
            return {};
        auto config = oci::parse_image_config(request_.base.record.config_json);
        config.env = image_env();
        std::vector<sandbox::TextFile> files;
        for (auto& file : profile_files({.base = request_.base,
                          .recipe = request_.recipe,
                          .config = config,
                          .provenance = "",
                          .written = paths_written(steps_),
                          .below = paths_built(request_.base)}))
            if (file.path == "etc/environment")
                files.push_back({std::move(file.path), std::move(file.text)});
        return files;
    }

    cache::StoredImage run_step(std::size_t index, StepOutcome& outcome) {
        const auto& step = request_.recipe.steps[index];
        const auto parent = config_.spool.value / "build";
        require_private_directory(config_.spool.value);
        require_private_directory(parent);
        WorkDir::remove_abandoned(parent);
        require_space(parent, k_least_scratch_bytes, "what a step writes",
                      "set 'spool' in your settings to a directory with room");
        const WorkDir scratch(parent);
        const PackageCaches packages(config_.spool.value / "packages", scratch.path() / "packages");
        const bool shows_project = keys_.shows_project || step.workspace == Workspace::writable;
        auto plan =
            plan_step(step,
                      {.images = images_below(),
                       .image_env = image_env(),
                       .files = files_above(),
                       .scratch = scratch.path(),
                       .packages = packages.directory(),
                       .project = shows_project ? std::optional(request_.project) : std::nullopt,
                       .shown_from = request_.project,
                       .shown = request_.recipe.shown,
                       .secrets = request_.recipe.secrets,
                       .caches = request_.recipe.caches},
                      environment_);
        plan.has_shell = request_.has_shell;
        StepLog log(environment_, step.label);
        outcome.log = log.path();
        if (observer_.step_begins)
            observer_.step_begins(index);
        return run_plan(index, plan, log, outcome);
    }

    cache::StoredImage run_plan(std::size_t index, const sandbox::Plan& plan, StepLog& log,
                                StepOutcome& outcome) {
        const auto start = std::chrono::steady_clock::now();
        std::optional<cache::StoredImage> made;
        const sandbox::Observer observer{
            .output =
                [&](std::span<const std::byte> bytes) {
                    log.write(bytes);
                    if (observer_.output)
                        observer_.output(bytes);
                },
            .warning = [](const std::string& text) { warn("{}", text); },
            .shell =
                [&](int status) {
                    if (observer_.shell_begins)
                        observer_.shell_begins(status);
                },
            .layer =
                [&](int tar) {
                    outcome.seconds = seconds_since(start);
                    made = store_layer(index, tar, outcome);
                }};
        const auto ended = sandbox::run(plan, request_.program, observer, stop_);
        if (ended.status != 0)
            fail(index, ended, log.path());
        log.made(added_layer_of(*made).diff_id);
        outcome.log = log.path();
        return std::move(*made);
    }

    static double seconds_since(std::chrono::steady_clock::time_point start) {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }

    cache::StoredImage store_layer(std::size_t index, int tar, const StepOutcome& outcome) {
        require_same_inputs(index);
        phase("compressing what the step has made");
        const auto& step = request_.recipe.steps[index];
        Crew crew(request_.threads);
        squashfs::CompressorPool pool(crew, packing_.compression, packing_.block_bytes);
        return store_step_layer(store_,
                                {.tar_fd = tar,
                                 .reference = step_reference(keys_.steps[index]),
                                 .created_by = std::string(k_built_by) + step.label,
                                 .comment = fmt::format("{:.1f} s", outcome.seconds),
                                 .platform = platform(),
                                 .compression = packing_.compression,
                                 .block_bytes = packing_.block_bytes,
                                 .visibility = visibility_},
                                pool, stop_);
    }

    /// Else the key would promise what the step has not seen.
    void require_same_inputs(std::size_t index) {
        if (const auto& step = request_.recipe.steps[index]; step.added) {
            const auto below =
                index > 0 ? keys_.steps[index - 1]
                          : base_key(request_.base.record.id, request_.base.record.variant);
            if (step_key(below, step, request_.recipe.env, digest_of_path(*step.added, stop_))
                != keys_.steps[index])
                throw Error(ErrorKind::busy, "'{}' was changed while the image was built",
                            step.added->native())
                    .with_hint("build again");
        }
        if (request_.recipe.steps[index].workspace != Workspace::read_only || !keys_.inputs)
            return;
        const auto now = keys_.shows_project
                             ? digest_of_directory(request_.project, request_.left_out, stop_)
                             : shown_inputs(request_, stop_);
        if (now != keys_.inputs)
            throw Error(ErrorKind::busy, "files in '{}' were changed while the step ran",
                        request_.project.native())
                .with_hint("build again; what steps write in /workspace would be lost, and what "
                           "other programs write there does not belong into an image");
    }

    [[noreturn]] void fail(std::size_t index, const sandbox::Outcome& ended,
                           const fs::path& log) const {
        auto hint = log.empty() ? std::string("what it printed is not kept")
                                : fmt::format("all that it printed is in '{}'", log.native());
        if (ended.scratch_is_full)
            hint +=
                fmt::format("; '{}' is full, and steps write there", config_.spool.value.native());
        if (!keys_.shows_project && request_.recipe.steps[index].workspace == Workspace::read_only)
            hint += fmt::format("; /workspace was empty but for what --add names, since '{}' holds "
                                "more than {}",
                                request_.project.native(), human_size(k_max_input_bytes));
        throw Error(ErrorKind::system, "the script ended with status {}{}", ended.status,
                    ended.status > 128 && ended.status <= 128 + SIGRTMAX
                        ? fmt::format(" (signal {})", ended.status - 128)
                        : "")
            .with_hint(hint);
    }

    const BuildRequest& request_;
    const Config& config_;
    const Environment& environment_;
    const BuildObserver& observer_;
    std::stop_token stop_;
    cache::Library library_;
    cache::Store store_;
    const builder::Packing packing_;
    const std::string variant_; ///< of the image
    const cache::Visibility visibility_;
    const Keys keys_;
    std::vector<cache::StoredImage> steps_; ///< of the layers that are there by now
};

} // namespace

BuildResult build(const BuildRequest& request, const Config& config, const Environment& environment,
                  const BuildObserver& observer, std::stop_token stop) {
    return Building(request, config, environment, observer, stop).run();
}

BuildPreview preview(const BuildRequest& request, const Config& config, std::stop_token stop) {
    const BuildObserver nobody;
    const Environment environment = environment_variable;
    return Building(request, config, environment, nobody, stop).preview();
}

} // namespace aic::build

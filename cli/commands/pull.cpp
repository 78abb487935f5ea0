// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/pull.hpp"

#include "builder/import.hpp"
#include "cache/collector.hpp"
#include "cache/names.hpp"
#include "cli/fetched_from.hpp"
#include "cli/hand_out.hpp"
#include "cli/image_argument.hpp"
#include "cli/image_json.hpp"
#include "cli/import_options.hpp"
#include "cli/local_time.hpp"
#include "cli/progress_display.hpp"
#include "cli/reference_argument.hpp"
#include "cli/taken_over.hpp"
#include "core/error.hpp"

#include <algorithm>
#include <chrono>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

std::string planned_line(const builder::ImportPlan& plan) {
    const auto here =
        plan.here_bytes > 0 ? fmt::format(", {} already here", human_size(plan.here_bytes)) : "";
    return fmt::format("{}  {}  sha256:{}…  {} in {} layer{}{}", plan.reference,
                       plan.platform.str(), plan.manifest_digest.short_hex(),
                       human_size(plan.total_bytes), plan.layer_count,
                       plan.layer_count == 1 ? "" : "s", here);
}

/// How a program is run in a file that lies outside of the store.
std::string start_of_file(const fs::path& file) {
    return is_path_word(file.native())
               ? fmt::format("aic-image run {} --", file.native())
               : fmt::format("srun --container-image={}", fs::absolute(file).native());
}

std::string done_line(const builder::ImportResult& result, const oci::Reference& reference,
                      const fs::path& output, double seconds) {
    if (result.was_there)
        return fmt::format("already here: {}{}", human_size(result.record.size_bytes),
                           result.resolved_seconds ? fmt::format(
                               ", as the reference was on {}", local_time(*result.resolved_seconds))
                                                   : "");
    return fmt::format("pulled in {:.{}f} s: {}{}{}\n  next: {} COMMAND", seconds,
                       seconds < 10 ? 1 : 0, human_size(result.record.size_bytes),
                       fetched_line(result, reference), taken_over_lines(result),
                       output.empty() ? fmt::format("aic-image run {} --", reference.str())
                                      : start_of_file(output));
}

nlohmann::json plan_event(const builder::ImportPlan& plan) {
    return {{"version", 1},
            {"event", "plan"},
            {"reference", plan.reference},
            {"platform", plan.platform.str()},
            {"manifest_digest", plan.manifest_digest.str()},
            {"layers", plan.layer_count},
            {"size_bytes", plan.total_bytes},
            {"here_bytes", plan.here_bytes}};
}

nlohmann::json result_json(const builder::ImportResult& result) {
    auto image = image_json(result.record, result.file);
    image["was_there"] = result.was_there;
    image["resolved"] = result.resolved_seconds
                            ? nlohmann::json(cache::utc_time(*result.resolved_seconds))
                            : nlohmann::json(nullptr);
    image["fetched"] = fetched_json(result);
    add_taken_over(image, result.taken_over);
    return image;
}

} // namespace

void Pull::describe(const Arguments& arguments) {
    arguments.description("pull images from a registry and keep each as one squashfs file");
    arguments
        .add_option("reference", references_,
                    "where from: nvcr.io#nvidia/pytorch:24.05, ubuntu, oci:DIR:TAG, "
                    "oci-archive:FILE, docker-archive:FILE, - for an archive on standard input, "
                    "dockerd://IMAGE, podman://IMAGE")
        .required()
        .type_name("REFERENCE");
    arguments.add_option("-o,--output", output_, "write only this file, nothing into the store")
        .not_empty()
        .type_name("FILE");
    arguments
        .add_option("--compression", compression_,
                    "zstd[:LEVEL] (default, level 1), lz4, gzip[:LEVEL], none")
        .not_empty()
        .type_name("NAME");
    arguments.add_option("--block-size", block_size_, "of the squashfs, 4K to 1M (default: 128K)")
        .not_empty()
        .type_name("SIZE");
    arguments.add_option("--platform", platform_, "os/arch[/variant] (default: this machine's)")
        .not_empty()
        .type_name("PLATFORM");
    arguments.add_option("--threads", threads_, "threads that compress (default: one a core)")
        .type_name("N")
        .in_range(1U, 1024U);
    arguments.add_flag("--keep-ids", keep_ids_,
                       "keep the owners of files instead of making them all root's");
    arguments.add_flag("--refresh", refresh_,
                       "fetch and convert everything again, even if the image is here");
    arguments.add_option("--name", name_, "call the image so from now on (one reference only)")
        .not_empty()
        .type_name("NAME");
    arguments.add_flag("--replace", replace_,
                       "with --name: even if that was given to another image in another directory");
    on_cluster_.describe(arguments);
    arguments.footer(
        R"(Prints the path of each image on standard output. A glob in the place of the tag is the newest
version that fits.

Examples:
  aic-image pull nvcr.io#nvidia/tensorflow:22.02-tf2-py3
  aic-image pull 'nvcr.io#nvidia/tensorflow:*-tf2-py3'
  aic-image pull --name exp ubuntu:22.04
  aic-image pull --output ubuntu.sqsh docker://ubuntu:22.04
  aic-image pull oci:./layout:latest --compression lz4
  docker save lab/x:1 | aic-image pull --name x -
  aic-image pull --offline ubuntu:22.04
  srun --container-image=$(aic-image pull -q alpine) cat /etc/os-release)");
}

builder::Freshness Pull::freshness(const Session& session) const {
    const bool offline = session.offline();
    if (offline && refresh_)
        throw Error(ErrorKind::usage, "--refresh asks the registry, which --offline forbids");
    if (refresh_)
        return builder::Freshness::made_anew;
    return offline ? builder::Freshness::as_known : builder::Freshness::checked;
}

builder::ImportOptions Pull::import_options(Session& session) const {
    auto options = configured_import(session, compression_, block_size_);
    options.profile = keep_ids_ ? builder::Profile::keep_ids : builder::Profile::enroot;
    options.freshness = freshness(session);
    options.platform_is_demanded = !platform_.empty();
    if (options.platform_is_demanded)
        options.platform = oci::Platform::parse(platform_);
    if (threads_ > 0)
        options.threads = threads_;
    if (!output_.empty())
        options.output = output_;
    return options;
}

std::optional<cache::ImageName> Pull::checked_name() const {
    if (name_.empty()) {
        if (replace_)
            throw Error(ErrorKind::usage, "--replace goes with --name");
        return std::nullopt;
    }
    if (references_.size() > 1)
        throw Error(ErrorKind::usage, "--name takes one image, and {} were named",
                    references_.size());
    if (!output_.empty())
        throw Error(ErrorKind::usage, "--name is for images in the store, and --output for others");
    return cache::ImageName::parse(name_);
}

void Pull::keep_track(const cache::Library& library, const std::optional<cache::ImageName>& name,
                      const std::string& reference, const builder::ImportResult& result,
                      const Environment& environment) const {
    const auto& record = result.record;
    note_handed_out(library, {record, result.file.parent_path()}, slurm::LeaseFor::job,
                    environment);
    if (!name)
        return;
    auto store = library.own();
    store.prepare();
    cache::Names(store.layout())
        .set(*name, {record.id, record.variant, "pull " + reference, reference},
             std::filesystem::current_path().native(),
             replace_ ? cache::Replace::yes : cache::Replace::no);
}

void Pull::run(Session& session) {
    if (on_cluster_.run_as_job(session, name(), session.config().on_cluster.pull.value,
                               std::ranges::any_of(references_, oci::names_engine)))
        return;
    if (!output_.empty() && references_.size() > 1)
        throw Error(ErrorKind::usage, "--output takes one image, and {} were named",
                    references_.size());
    const auto name = checked_name();
    const auto options = import_options(session);
    std::vector<oci::Reference> references;
    for (const auto& text : references_)
        references.push_back(choose_reference(text, session));

    auto images = nlohmann::json::array();
    const auto print_result = [&] {
        if (session.json())
            session.print_event({{"version", 1}, {"event", "result"}, {"images", images}});
    };
    try {
        for (const auto& reference : references)
            images.push_back(pull_one(reference, name, options, session));
    } catch (...) { // what was pulled before it is there, and the caller wants its path
        if (!images.empty())
            print_result();
        throw;
    }
    print_result();
    if (output_.empty())
        cache::collect_a_little(session.store(), session.config().gc.trash_age.value);
}

nlohmann::json Pull::pull_one(const oci::Reference& reference,
                              const std::optional<cache::ImageName>& name,
                              const builder::ImportOptions& options, Session& session) const {
    const auto start = std::chrono::steady_clock::now();
    Progress progress;
    ProgressDisplay display(progress, session);
    const builder::ImportObserver observer{
        .progress = &progress,
        .planned =
            [&](const builder::ImportPlan& plan) {
                if (session.json())
                    session.print_event(plan_event(plan));
                else
                    display.announce(planned_line(plan));
            },
    };
    const auto result = builder::import_image(reference, session.config(), session.environment(),
                                              options, observer, session.stop());
    display.finish();
    if (output_.empty())
        keep_track(session.library(), name, reference.str(), result, session.environment());
    if (session.json())
        return result_json(result);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    session.say(done_line(result, reference, output_, took.count()));
    session.print(result.file.native());
    return {};
}

} // namespace aic::cli

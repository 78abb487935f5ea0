// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commit.hpp"

#include "cli/base_image.hpp"
#include "cli/image_json.hpp"
#include "cli/import_options.hpp"
#include "cli/keeping.hpp"
#include "cli/naming.hpp"
#include "cli/progress_display.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/printable.hpp"

#include <chrono>

namespace aic::cli {

void Commit::describe(const Arguments& arguments) {
    arguments.description("keep what was changed in an enroot or pyxis container as a new image");
    arguments
        .add_option("container", container_,
                    "the name that pyxis or enroot was given, or the path of the container's root")
        .required()
        .type_name("CONTAINER");
    arguments
        .add_option("--base", base_,
                    "the image that the container was made from (default: as its /etc/rc says)")
        .type_name("IMAGE");
    arguments.add_option("--name", name_, "call the image so (default: as the container)")
        .not_empty()
        .type_name("NAME");
    arguments.add_flag("--replace", replace_, "even if the name was given in another directory");
    arguments.add_flag("--if-still", if_still_, "the name has to stand for the base yet").hidden();
    arguments.add_flag("--checksum", checksum_,
                       "read every file, and do not go by size and time where nothing was written");
    arguments.add_option("--threads", threads_, "threads that compress (default: one a core)")
        .type_name("N")
        .in_range(1U, 1024U);
    arguments.footer(
        R"(Only the difference is read and compressed; the image's own layers are taken over as they are. The
container stays as it is. Commit it where it lies, mostly a node's own disk, and while no job runs in
it. A base that is not here is pulled. What enroot itself puts into containers stays out.

Examples:
  aic-image commit exp
  aic-image commit pyxis_exp --name exp-2026
  aic-image commit exp --base nvcr.io#nvidia/tensorflow:22.02-tf2-py3
  srun -w gpu03 aic-image commit exp)");
}

cache::ImageName Commit::chosen_name(const slurm::Container& container) const {
    if (!name_.empty())
        return cache::ImageName::parse(name_);
    try {
        return cache::ImageName::parse(container.users_name());
    } catch (const Error& error) {
        throw Error(ErrorKind::usage, "naming the image as the container: {}", error.message())
            .with_hint("say --name NAME");
    }
}

cache::StoredImage Commit::base(Session& session, const slurm::Container& container) const {
    const auto said = base_.empty() ? slurm::provenance_of(container) : std::optional(base_);
    if (!said)
        throw Error(ErrorKind::usage, "'{}' does not say which image it was made from",
                    container.root.native())
            .with_hint(fmt::format("name it with --base IMAGE; or take the container over whole: "
                                   "'enroot export --output FILE {}', 'aic-image add FILE'",
                                   printable(container.name)));
    return in_context("the image that the container was made from", [&] {
        return base_image(session, *said, configured_import(session), Lookup::if_missing);
    });
}

void Commit::show(Session& session, const cache::ImageName& name,
                  const commit::CommitResult& result, const cache::StoredImage& image,
                  double seconds) const {
    const auto& [changes, layer_bytes, made] = result;
    if (session.json()) {
        auto json = image_json(image.record, image.file());
        json["name"] = name.str();
        json["written"] = changes.written;
        json["removed"] = changes.removed;
        json["layer_bytes"] = layer_bytes;
        return session.print_event({{"version", 1}, {"event", "result"}, {"image", json}});
    }
    if (made)
        session.say(fmt::format(
            "committed in {:.1f} s: {} in {} files and directories, {} removed; "
            "as '{}'",
            seconds, human_size(layer_bytes), changes.written, changes.removed, name.str()));
    else
        session.say(fmt::format("nothing was changed in the container, so '{}' is the image it was "
                                "made from",
                                name.str()));
    session.print(image.file().native());
}

std::optional<slurm::Container> Commit::container(const Session& session) const {
    try {
        return slurm::find_container(container_, session.environment());
    } catch (const Error& error) {
        if (!if_still_ || error.kind() != ErrorKind::not_found)
            throw;
        return std::nullopt;
    }
}

void Commit::run(Session& session) {
    const auto start = std::chrono::steady_clock::now();
    const auto found = this->container(session);
    if (!found)
        return session.exit_with(k_no_container);
    const auto& container = *found;
    if (slurm::is_in_use(container))
        warn("programs run in '{}': of what they write now the image may have the half",
             container.name);
    const auto name = chosen_name(container);
    const auto replace = replace_ ? cache::Replace::yes : cache::Replace::no;
    if (!if_still_)
        require_free_name(session, name, replace);
    const commit::CommitRequest request{
        .container = container.root,
        .container_name = container.name,
        .base = base(session, container),
        .base_name = name.str(),
        .compare = checksum_ ? commit::Compare::everywhere : commit::Compare::where_written,
        .threads = threads_ > 0 ? threads_ : configured_import(session).threads};
    Progress progress;
    ProgressDisplay display(progress, session);
    const auto result =
        commit::commit_container(request, session.config(), &progress, session.stop());
    display.finish();
    const auto& image = result.image ? *result.image : request.base;
    if (if_still_) {
        if (!advance_name(session, name, request.base, image, "run --keep"))
            return session.exit_with(k_moved_on);
        return say_kept(session, name,
                        result.image ? std::optional(result.layer_bytes) : std::nullopt);
    }
    give_name(session, name, image, "commit " + container.root.native(), replace);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    show(session, name, result, image, took.count());
}

} // namespace aic::cli

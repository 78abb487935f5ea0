// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/add.hpp"

#include "builder/foreign/add.hpp"
#include "cache/collector.hpp"
#include "cache/names.hpp"
#include "cache/uses.hpp"
#include "cli/block_size.hpp"
#include "cli/image_json.hpp"
#include "cli/progress_display.hpp"
#include "cli/taken_over.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace aic::cli {

namespace {

/// What is given for the option without a directory.
constexpr std::string_view k_default_cache = "true";

std::string done_line(const builder::ImportResult& result) {
    const auto size = human_size(result.record.size_bytes);
    if (result.was_there)
        return fmt::format("already here: {}", size);
    return fmt::format("added: {}, {}, {} KiB blocks, {}{}\n  next: aic-image run {} -- "
                       "COMMAND",
                       size, result.record.compression, result.record.block_bytes >> 10,
                       result.record.platform.str(), taken_over_lines(result),
                       result.file.native());
}

} // namespace

void Add::describe(const Arguments& arguments) {
    arguments.description("take existing squashfs files, or enroot's layers, over into the store");
    arguments
        .add_option("file", what_,
                    "squashfs files, as enroot import and mksquashfs make them; references with "
                    "--enroot-cache")
        .required()
        .type_name("FILE");
    arguments.add_flag("--move", move_,
                       "remove each file, if it is yours, once it is in the store");
    arguments.add_option("--name", name_, "call the image so from now on (one file only)")
        .not_empty()
        .type_name("NAME");
    arguments.add_flag(
        "--enroot-cache", enroot_cache_,
        "make images of the layers that enroot keeps; --enroot-cache=DIR says where");
    arguments.footer(
        R"(The image in the store is the file, byte for byte. Prints its path on standard output.

With --enroot-cache, pulls images: the manifest comes from the registry, and so do layers that are
not in enroot's cache or are damaged there. The others are checked against the image's diff ids.

Examples:
  aic-image add ubuntu.sqsh
  aic-image add --name exp ubuntu.sqsh
  aic-image add --move ~/enroot/*.sqsh
  aic-image add --enroot-cache nvcr.io#nvidia/pytorch:24.05
  aic-image list 'file:*')");
}

void Add::check_options() const {
    if (!name_.empty() && what_.size() > 1)
        throw Error(ErrorKind::usage, "--name takes one image, and {} were named", what_.size());
    if (!name_.empty())
        cache::ImageName::parse(name_); // before anything is copied
    if (move_ && !enroot_cache_.empty())
        throw Error(ErrorKind::usage, "--move is for files, and enroot's cache is left as it is");
}

builder::ImportResult Add::add_file(Session& session, const std::string& file) const {
    auto store = session.store();
    Progress progress;
    ProgressDisplay display(progress, session);
    const auto original = move_ ? foreign::Original::unlink : foreign::Original::keep;
    auto result = foreign::add_file(file, store, original, &progress, session.stop());
    display.finish();
    return result;
}

builder::ImportResult Add::pull_with_cache(Session& session, const std::string& text) const {
    const auto& config = session.config();
    builder::ImportOptions options{
        .compression = squashfs::Compression::parse(config.compression.value),
        .block_bytes = parse_block_size(config.block_size.value),
        .platform = oci::Platform::host(),
        .threads = std::max(1U, std::thread::hardware_concurrency()),
    };
    if (enroot_cache_ != k_default_cache)
        options.enroot_cache = enroot_cache_;
    const auto reference = oci::Reference::parse(text);
    if (!reference.registry())
        throw Error(ErrorKind::usage, "'{}' is not in a registry, and enroot keeps no layers of it",
                    text);
    Progress progress;
    ProgressDisplay display(progress, session);
    auto result =
        builder::import_image(reference, config, session.environment(), options,
                              {.progress = &progress, .planned = nullptr}, session.stop());
    display.finish();
    cache::note_use(session.store().layout(), result.record.id, result.record.variant);
    return result;
}

void Add::give_name(Session& session, const std::string& what,
                    const builder::ImportResult& result) const {
    if (name_.empty())
        return;
    const auto& record = result.record;
    const auto reference =
        enroot_cache_.empty() ? std::nullopt : std::optional(record.reference); // that pulls again
    cache::Names(session.store().layout())
        .set(cache::ImageName::parse(name_), {record.id, record.variant, "add " + what, reference},
             std::filesystem::current_path().native(), cache::Replace::never);
}

void Add::run(Session& session) {
    check_options();
    auto images = nlohmann::json::array();
    for (const auto& what : what_) {
        const auto result =
            enroot_cache_.empty() ? add_file(session, what) : pull_with_cache(session, what);
        give_name(session, what, result);
        if (session.json()) {
            images.push_back(image_json(result.record, result.file));
            images.back()["was_there"] = result.was_there;
            add_taken_over(images.back(), result.taken_over);
            continue;
        }
        session.say(done_line(result));
        session.print(result.file.native());
    }
    if (session.json())
        session.print_event({{"version", 1}, {"event", "result"}, {"images", images}});
    cache::collect_a_little(session.store(), session.config().gc.trash_age.value);
}

} // namespace aic::cli

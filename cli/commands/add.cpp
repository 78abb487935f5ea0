// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/add.hpp"

#include "builder/foreign/add.hpp"
#include "cache/collector.hpp"
#include "cli/image_json.hpp"
#include "cli/progress_display.hpp"
#include "core/bytes.hpp"

#include <fmt/format.h>

namespace aic::cli {

namespace {

std::string done_line(const builder::ImportResult& result) {
    const auto size = human_size(result.record.size_bytes);
    if (result.was_there)
        return fmt::format("already here: {}", size);
    return fmt::format(
        "added: {}, {}, {} KiB blocks, {}\n  next: srun --container-image={} COMMAND", size,
        result.record.compression, result.record.block_bytes >> 10, result.record.platform.str(),
        result.file.native());
}

} // namespace

void Add::describe(CLI::App& app) {
    app.description("take existing squashfs files over into the store");
    app.add_option("file", files_, "squashfs files, as enroot import and mksquashfs make them")
        ->required()
        ->type_name("FILE");
    app.add_flag("--move", move_, "remove each file, if it is yours, once it is in the store");
    app.footer(
        R"(The image in the store is the file, byte for byte. Prints its path on standard output.

Examples:
  aic-image add ubuntu.sqsh
  aic-image add --move ~/enroot/*.sqsh
  aic-image list 'file:*')");
}

void Add::run(Session& session) {
    const auto original = move_ ? foreign::Original::unlink : foreign::Original::keep;
    auto store = session.store();
    auto images = nlohmann::json::array();
    for (const auto& file : files_) {
        Progress progress;
        ProgressDisplay display(progress, session);
        const auto result = foreign::add_file(file, store, original, &progress, session.stop());
        display.finish();
        if (session.json()) {
            images.push_back(image_json(result.record, result.file));
            images.back()["was_there"] = result.was_there;
            continue;
        }
        session.say(done_line(result));
        session.print(result.file.native());
    }
    if (session.json())
        session.print_event({{"version", 1}, {"event", "result"}, {"images", images}});
    cache::collect_a_little(store, session.config().gc.trash_age.value);
}

} // namespace aic::cli

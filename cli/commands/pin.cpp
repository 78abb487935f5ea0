// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/pin.hpp"

#include "cache/pins.hpp"
#include "cli/image_argument.hpp"

#include <fmt/format.h>

#include <ctime>

namespace aic::cli {

void Pin::describe(const Arguments& arguments) {
    arguments.description("keep an image, whatever it is called and however long it is not used");
    arguments.add_option("image", image_, "a name, a reference, or the beginning of an id")
        .required()
        .type_name("IMAGE");
    arguments.add_option("--note", note_, "why, for those who look later").type_name("TEXT");
    arguments.footer(
        R"(Neither 'gc' nor 'rm' takes a pinned image away ('rm --force' does). Of several variants of an
image the newest is pinned.

Examples:
  aic-image pin exp --note "figures 2 to 4 of the paper"
  aic-image pin nvcr.io/nvidia/pytorch:24.05-py3)");
}

void Pin::run(Session& session) {
    const auto library = session.library();
    const auto found = find_stored(library, image_);
    const auto& image = newest_of(found.images);
    const auto& record = image.record;
    // Where the image is, whoever it belongs to: there it counts.
    auto store = library.callers_store_of(image);
    store.prepare();
    const cache::Pin pin{.id = record.id,
                         .variant = record.variant,
                         .note = note_.empty() ? std::nullopt : std::optional(note_),
                         .pinned_seconds = std::time(nullptr)};
    cache::Pins(store.layout()).set(pin);
    if (session.json())
        return session.print_json({{"pinned", {{"id", pin.id.str()}, {"variant", pin.variant}}}});
    session.say(fmt::format("pinned {} ({})", record.reference, record.id.short_hex()));
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/unpin.hpp"

#include "cache/pins.hpp"
#include "cli/image_argument.hpp"
#include "core/error.hpp"

namespace aic::cli {

void Unpin::describe(const Arguments& arguments) {
    arguments.description("take the pin from an image");
    arguments.add_option("image", image_, "a name, a reference, or the beginning of an id")
        .required()
        .type_name("IMAGE");
    arguments.footer(R"(The image stays until 'gc' or 'rm' takes it.

Examples:
  aic-image unpin exp)");
}

void Unpin::run(Session& session) {
    const auto library = session.library();
    auto unpinned = nlohmann::json::array();
    for (const auto& image : find_stored(library, image_).images) {
        const auto& record = image.record;
        const auto store = library.callers_store_of(image);
        if (!cache::Pins(store.layout()).remove(record.id, record.variant))
            continue;
        unpinned.push_back({{"id", record.id.str()}, {"variant", record.variant}});
        session.say(fmt::format("unpinned {} ({})", record.reference, record.id.short_hex()));
    }
    if (unpinned.empty())
        throw Error(ErrorKind::not_found, "'{}' is not pinned", image_);
    if (session.json())
        session.print_json({{"unpinned", unpinned}});
}

} // namespace aic::cli

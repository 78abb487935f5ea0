// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/rm.hpp"

#include "cli/image_argument.hpp"
#include "core/bytes.hpp"

#include <fmt/format.h>

#include <set>

namespace aic::cli {

void Rm::describe(CLI::App& app) {
    app.description("remove images from the store");
    app.add_option("image", images_, "references, or beginnings of ids")
        ->required()
        ->type_name("IMAGE");
    app.footer(R"(All variants of an image go, and the references that led to it.

Examples:
  aic-image rm ubuntu:22.04
  aic-image rm 9f2c41 77ab03)");
}

void Rm::run(Session& session) {
    auto store = session.store();
    // All are looked up before the first one goes, so that a mistake in the last word costs
    // nothing.
    std::vector<cache::StoredImage> doomed;
    std::set<std::filesystem::path> seen;
    for (const auto& text : images_)
        for (auto& image : find_stored(store, text))
            if (seen.insert(image.directory).second)
                doomed.push_back(std::move(image));

    auto removed = nlohmann::json::array();
    for (const auto& image : doomed) {
        store.remove(image);
        removed.push_back({{"id", image.record.id.str()},
                           {"variant", image.record.variant},
                           {"reference", image.record.reference},
                           {"size_bytes", image.record.size_bytes}});
        session.say(fmt::format("removed {} ({}, {})", image.record.reference,
                                image.record.id.short_hex(), human_size(image.record.size_bytes)));
    }
    if (session.json())
        session.print_json({{"removed", removed}});
}

} // namespace aic::cli

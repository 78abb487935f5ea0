// SPDX-License-Identifier: Apache-2.0
#include "cli/visibility_change.hpp"

#include "cli/image_argument.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

namespace aic::cli {

void change_visibility(Session& session, const std::vector<std::string>& words,
                       cache::Visibility visibility) {
    const auto library = session.library();
    const auto& store = library.own();
    const bool shares = visibility == cache::Visibility::everyone;
    if (store.description().preset == cache::Preset::personal)
        throw Error(ErrorKind::usage, "the store '{}' is private: nobody else uses it",
                    store.layout().root().native())
            .with_hint("'aic-image store upgrade --preset lab' opens it to a group");
    std::vector<cache::StoredImage> images;
    for (const auto& word : words)
        for (auto& image : find_own(library, word))
            images.push_back(std::move(image));
    auto changed = nlohmann::json::array();
    for (const auto& image : images) {
        const auto& record = image.record;
        const bool is_new =
            cache::set_visibility(store.layout(), record.id, record.variant, visibility);
        changed.push_back(
            {{"id", record.id.str()}, {"variant", record.variant}, {"changed", is_new}});
        session.say(fmt::format("{} {} ({}){}", shares ? "shared" : "private:", record.reference,
                                record.id.short_hex(), is_new ? "" : ", as it was already"));
    }
    if (session.json())
        session.print_json({{shares ? "shared" : "unshared", changed}});
}

} // namespace aic::cli

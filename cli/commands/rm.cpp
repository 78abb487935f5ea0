// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/rm.hpp"

#include "cache/holders.hpp"
#include "cache/lease.hpp"
#include "cache/names.hpp"
#include "cache/removal.hpp"
#include "cache/trash.hpp"
#include "cli/image_argument.hpp"
#include "core/bytes.hpp"
#include "core/duration.hpp"
#include "core/error.hpp"
#include "slurm/live_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace aic::cli {

namespace {

/// What is to go. All of it is looked up before the first one goes, so that a mistake in the last
/// word costs nothing.
struct Doomed {
    std::vector<cache::NameState> names;
    std::vector<cache::StoredImage> images;
};

Doomed look_up(const cache::Library& library, const std::vector<std::string>& words) {
    Doomed doomed;
    std::set<std::filesystem::path> seen;
    for (const auto& word : words) {
        // A name can go even where its image is gone.
        if (auto state = find_name(library, word)) {
            if (seen.insert(library.own().layout().name(state->name.str())).second)
                doomed.names.push_back(std::move(*state));
            continue;
        }
        for (auto& image : find_own(library, word))
            if (seen.insert(image.directory).second)
                doomed.images.push_back(std::move(image));
    }
    return doomed;
}

/// An image goes by its reference or id only when no pin holds it and no name stands for it, other
/// than those that go too. What a name stood for earlier may go.
void require_unheld(const cache::Store& store, const Doomed& doomed) {
    const auto holders = cache::Holders::read(store.layout());
    for (const auto& image : doomed.images) {
        auto held_by = holders.of(image.record.id, image.record.variant);
        std::erase_if(held_by, [&](const cache::Holder& holder) {
            return holder.kind == cache::Holder::Kind::earlier
                   || std::ranges::any_of(doomed.names, [&](const cache::NameState& state) {
                          return state.name.str() == holder.who;
                      });
        });
        if (!held_by.empty())
            throw Error(ErrorKind::usage, "the image {} ({}) is held by {}", image.record.reference,
                        image.record.id.short_hex(), to_text(held_by))
                .with_hint(
                    "'aic-image rm NAME' and 'aic-image unpin' let go of it, and a lease goes with "
                    "its job; --force removes it all the same");
    }
}

class Removing {
public:
    Removing(Session& session, const cache::Store& store) : session_(session), store_(store) {}

    void name(const cache::ImageName& name) {
        const auto& layout = store_.layout();
        const auto state = cache::Names(layout).remove(name);
        names_.push_back(state.name.str());
        session_.say(fmt::format("removed the name '{}'", state.name.str()));
        const auto image = store_.find(state.id, state.variant);
        if (!image)
            return;
        if (cache::remove_unless_held(layout, state.id, state.variant))
            return tell(*image);
        const auto held_by = cache::Holders::read(layout).of(state.id, state.variant);
        session_.say(fmt::format("kept {} ({}): held by {}", image->record.reference,
                                 image->record.id.short_hex(), to_text(held_by)));
    }

    void image(const cache::StoredImage& image) {
        if (cache::Trash(store_.layout()).put(image.record.id, image.record.variant))
            tell(image);
    }

    void finish() {
        if (session_.json())
            return session_.print_json({{"names", names_}, {"removed", removed_}});
        if (!removed_.empty())
            session_.say(fmt::format("'aic-image restore' brings back what was removed for {}; "
                                     "'aic-image gc --purge' frees the space now",
                                     human_duration(session_.config().gc.trash_age.value)));
    }

private:
    void tell(const cache::StoredImage& image) {
        const auto& record = image.record;
        removed_.push_back({{"id", record.id.str()},
                            {"variant", record.variant},
                            {"reference", record.reference},
                            {"size_bytes", record.size_bytes}});
        session_.say(fmt::format("removed {} ({}, {})", record.reference, record.id.short_hex(),
                                 human_size(record.size_bytes)));
    }

    Session& session_;
    const cache::Store& store_;
    nlohmann::json names_ = nlohmann::json::array();
    nlohmann::json removed_ = nlohmann::json::array();
};

} // namespace

void Rm::describe(const Arguments& arguments) {
    arguments.description("remove names and images from the store");
    arguments.add_option("image", images_, "names, references, or beginnings of ids")
        .required()
        .type_name("IMAGE");
    arguments.add_flag("--force", force_, "remove images although names, pins or jobs hold them");
    arguments.footer(
        R"(With a name, the name goes, and its image too if nothing else holds it: no other name stands or
lately stood for it, and it is not pinned. With a reference or an id, all variants of the image go;
that is refused while a name stands for it or a pin holds it.

'restore' brings back what was removed, for seven days unless the settings say otherwise.

Examples:
  aic-image rm exp
  aic-image rm ubuntu:22.04
  aic-image rm 9f2c41 77ab03)");
}

void Rm::run(Session& session) {
    const auto library = session.library();
    const auto& store = library.own();
    const auto doomed = look_up(library, images_);
    cache::Leases(store.layout()).drop_over(cache::Vantage::current(), [&] {
        return slurm::live_jobs(session.stop());
    });
    if (!force_)
        require_unheld(store, doomed);
    Removing removing(session, store);
    for (const auto& state : doomed.names)
        removing.name(state.name);
    for (const auto& image : doomed.images)
        removing.image(image);
    removing.finish();
}

} // namespace aic::cli

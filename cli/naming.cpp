// SPDX-License-Identifier: Apache-2.0
#include "cli/naming.hpp"

#include "cli/hand_out.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

namespace fs = std::filesystem;

namespace aic::cli {

void require_free_name(Session& session, const cache::ImageName& name, cache::Replace replace) {
    const auto state = cache::Names(session.store().layout()).find(name);
    if (state && replace == cache::Replace::no && state->directory
        && *state->directory != fs::current_path().native())
        throw Error(ErrorKind::usage, "'{}' is the name of an image of '{}'", name.str(),
                    printable(*state->directory))
            .with_hint("choose another with --name, or say --replace");
}

void give_name(Session& session, const cache::ImageName& name, const cache::StoredImage& image,
               const std::string& how, cache::Replace replace) {
    auto store = session.store();
    store.prepare();
    cache::Names(store.layout())
        .set(name, {image.record.id, image.record.variant, how, std::nullopt},
             fs::current_path().native(), replace);
    note_handed_out(session.library(), image, slurm::LeaseFor::job, session.environment());
}

} // namespace aic::cli

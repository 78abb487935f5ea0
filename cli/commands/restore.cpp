// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/restore.hpp"

#include "cache/trash.hpp"
#include "cli/image_argument.hpp"
#include "cli/image_json.hpp"
#include "core/error.hpp"

namespace aic::cli {

namespace {

Error gone(const cache::NameState& state, const cache::NameState& origin) {
    const Error error(ErrorKind::not_found, "the image that '{}' stood for, {}, is gone",
                      state.name.str(), state.id.short_hex());
    if (!state.reference)
        return error.with_hint(fmt::format("it was made by '{}'", origin.how));
    return error.with_hint(fmt::format("'aic-image pull {} --name {}' gets it again, unless the "
                                       "registry has changed it",
                                       *state.reference, state.name.str()));
}

} // namespace

void Restore::describe(const Arguments& arguments) {
    arguments.description("go back to a name's earlier image, or undo a removal");
    arguments.add_option("what", what_, "a name, or a reference or id of an image that was removed")
        .required()
        .type_name("NAME|IMAGE");
    arguments
        .add_option("--to", number_,
                    "the number that 'history' shows (default: the last other image)")
        .type_name("NUMBER");
    arguments.footer(
        R"(A name goes back to the image it stood for before, and a name that was removed comes back. Doing it
twice is as if it had not been done. A removed image can be restored until 'gc' unlinks it, seven
days later unless the settings say otherwise.

Examples:
  aic-image restore exp
  aic-image restore exp --to 3
  aic-image restore ubuntu:22.04)");
}

cache::NameState Restore::restore_name(const cache::Library& library,
                                       const cache::ImageName& name) const {
    const auto& layout = library.own().layout();
    const cache::Trash trash(layout);
    return cache::Names(layout).restore(
        name, number_, [&](const cache::NameState& state, const cache::NameState& origin) {
            if (!library.find(state.id, state.variant)
                && !trash.bring_back(state.id, state.variant))
                throw gone(state, origin);
        });
}

std::optional<cache::StoredImage> Restore::restore_image(const cache::Store& store) const {
    const cache::Trash trash(store.layout());
    const auto reference = canonical_reference(what_);
    const auto prefix = id_prefix(what_);
    std::optional<cache::TrashedImage> last;
    for (auto& image : trash.list()) {
        const auto record = cache::read_image(image.directory);
        const bool is_meant = (prefix && image.id.hex().starts_with(*prefix))
                              || (reference && record && record->record.reference == *reference);
        if (!is_meant)
            continue;
        if (last && last->id != image.id && !reference)
            throw Error(ErrorKind::usage, "'{}' begins the ids of several removed images", what_)
                .with_hint("a few more digits tell them apart");
        last = std::move(image);
    }
    if (last && trash.bring_back(last->id, last->variant))
        return store.find(last->id, last->variant);
    throw Error(ErrorKind::not_found, "there is no removed image '{}'", what_)
        .with_hint("'aic-image history NAME' shows what a name stood for");
}

void Restore::run(Session& session) {
    const auto library = session.library();
    const auto& store = library.own();
    const auto name = own_name(what_);
    const bool is_name = name && !cache::Names(store.layout()).history(*name).empty();
    if (number_ && !is_name)
        throw Error(ErrorKind::usage, "--to is for names, and '{}' is none", what_);
    std::optional<cache::StoredImage> image;
    if (is_name) {
        const auto state = restore_name(library, *name);
        image = library.find(state.id, state.variant);
    } else {
        image = restore_image(store);
    }
    if (!image)
        throw Error(ErrorKind::busy, "another process removed '{}' again right away", what_)
            .with_hint("run the command again");
    if (session.json())
        return session.print_json({{"name", is_name ? nlohmann::json(name->str()) : nullptr},
                                   {"image", image_json(image->record, image->file())}});
    session.say(is_name ? fmt::format("'{}' is {} ({}) again", name->str(), image->record.reference,
                                      image->record.id.short_hex())
                        : fmt::format("restored {} ({})", image->record.reference,
                                      image->record.id.short_hex()));
}

} // namespace aic::cli

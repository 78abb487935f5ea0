// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/share.hpp"

#include "builder/image_copy.hpp"
#include "cache/folding.hpp"
#include "cache/names.hpp"
#include "cli/image_argument.hpp"
#include "cli/image_json.hpp"
#include "cli/visibility_change.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

namespace aic::cli {

namespace {

/// One word's images go to the other store, and the name where the word is one.
std::vector<builder::ImageCopy> copy_to(const cache::Library& library, cache::Store& target,
                                        const std::string& word, Session& session) {
    const auto found = find_stored(library, word);
    std::vector<builder::ImageCopy> copies;
    for (const auto& image : found.images) {
        copies.push_back(builder::copy_image(image, target, builder::Vouching::makers,
                                             cache::Visibility::everyone, session.stop()));
        const auto source =
            library.callers_store_of(image).of(static_cast<uid_t>(image.record.owner_uid));
        builder::copy_references(source, target, {copies.back()});
    }
    if (found.name) {
        const auto& record = copies.front().image.record;
        cache::Names(target.layout())
            .set(*found.name, {record.id, record.variant, "share " + word, record.reference},
                 std::nullopt, cache::Replace::no);
    }
    return copies;
}

} // namespace

void Share::describe(const Arguments& arguments) {
    arguments.description("let everybody who uses the store use your images");
    arguments.add_option("image", images_, "names, references, or beginnings of ids")
        .required()
        .type_name("IMAGE");
    arguments.add_option("--to", to_, "put copies in this store, and leave the image where it is")
        .type_name("STORE");
    arguments.footer(
        R"(An image that not everybody may pull from its registry is made private: nobody else sees it. This
opens it to all who may read the store. Whether they use it is up to whom they trust.

With --to another store gets the image, by reflink where the file system can, with its references and,
where you gave its name, the name. Nothing is downloaded or converted again.

Examples:
  aic-image share exp
  aic-image share nvcr.io/lab/private:2
  aic-image share exp --to /data/aic-image)");
}

void Share::share_to_store(Session& session) const {
    const auto library = session.library();
    cache::Store target(std::filesystem::absolute(to_).lexically_normal());
    if (target.layout().root() == library.own().layout().root())
        throw Error(ErrorKind::usage, "'{}' is the store that the images are in",
                    target.layout().root().native());
    if (!cache::read_description(target.layout().description()))
        throw Error(ErrorKind::not_found, "'{}' is no store", target.layout().root().native())
            .with_hint(fmt::format("'aic-image init --store {}' makes one",
                                   target.layout().root().native()));
    auto shared = nlohmann::json::array();
    for (const auto& word : images_)
        for (const auto& copy : copy_to(library, target, word, session)) {
            const auto& [image, was_there, method] = copy;
            session.say(fmt::format("{} ({}): {}", image.record.reference,
                                    image.record.id.short_hex(),
                                    was_there ? "there already" : builder::name_of(method)));
            if (!session.json())
                session.print(image.file().native());
            shared.push_back(image_json(image.record, image.file()));
            shared.back()["was_there"] = was_there;
        }
    if (session.json())
        session.print_json({{"shared", shared}});
    cache::fold_if_due(target.layout());
}

void Share::run(Session& session) {
    if (!to_.empty())
        return share_to_store(session);
    change_visibility(session, images_, cache::Visibility::everyone);
}

} // namespace aic::cli

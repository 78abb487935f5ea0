// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/adopt.hpp"

#include "builder/adoption.hpp"
#include "cache/trust.hpp"
#include "cli/counted.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/machine.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace aic::cli {

namespace {

/// Who vouches for what others made is who set the store up.
void require_owner(const cache::Layout& layout) {
    struct stat status;
    if (::lstat(layout.root().c_str(), &status) != 0)
        throw system_error("examining '{}'", layout.root().native());
    if (status.st_uid != ::geteuid() && ::geteuid() != 0)
        throw Error(ErrorKind::denied, "'{}' belongs to {}, who alone can adopt images in it",
                    layout.root().native(), user_name(status.st_uid))
            .with_hint("'aic-image pull' and 'aic-image add' make an image yours");
}

std::string text_of(const builder::ImageCopy& copy) {
    const auto& record = copy.image.record;
    return fmt::format("{} ({}, {}): {}", record.reference, record.id.short_hex(),
                       human_size(record.size_bytes),
                       copy.was_there ? "you have it" : builder::name_of(copy.method));
}

std::string text_of(const builder::AdoptedName& name) {
    if (!name.now)
        return fmt::format("the name '{}' stays: yours of that name is another image",
                           name.before.str());
    return fmt::format("the name '{}' is yours now{}", name.now->str(),
                       *name.now == name.before ? ""
                                                : fmt::format("; it was '{}'", name.before.str()));
}

nlohmann::json to_json(const builder::Adoption& adoption) {
    auto images = nlohmann::json::array();
    for (const auto& [image, was_there, method] : adoption.images)
        images.push_back({{"id", image.record.id.str()},
                          {"variant", image.record.variant},
                          {"reference", image.record.reference},
                          {"size_bytes", image.record.size_bytes},
                          {"path", image.file().native()},
                          {"was_there", was_there}});
    auto names = nlohmann::json::array();
    for (const auto& name : adoption.names)
        names.push_back(
            {{"before", name.before.str()},
             {"now", name.now ? nlohmann::json(name.now->str()) : nlohmann::json(nullptr)}});
    return {{"images", images}, {"names", names}, {"failed", adoption.failed}};
}

} // namespace

void Adopt::describe(const Arguments& arguments) {
    arguments.description(
        "take over the images of a user who has left; only for the store's owner");
    arguments.add_option("user", user_, "whose, by name or number").required().type_name("USER");
    arguments.footer(
        R"(Each image of his that you can read becomes yours too, with its references and names: the same
bytes, compared with their hashes, sharing blocks where the file system can. You vouch for them: who
trusts you uses them. What is his stays until somebody removes it who may, which frees the space where
blocks are not shared.

Examples:
  aic-image adopt alice
  sudo aic-image adopt 2001 --store /data/aic-image)");
}

void Adopt::run(Session& session) {
    auto store = session.store();
    require_owner(store.layout());
    const auto user = cache::parse_user(user_);
    if (user == store.layout().owner())
        throw Error(ErrorKind::usage, "what '{}' has is yours already", user_);
    const auto adoption = builder::adopt(
        store, user, [&](const builder::ImageCopy& copy) { session.say(text_of(copy)); },
        session.stop());
    if (adoption.images.empty() && adoption.failed == 0)
        throw Error(ErrorKind::not_found, "'{}' has no image in '{}' that you can read", user_,
                    store.layout().root().native());
    for (const auto& name : adoption.names)
        session.say(text_of(name));
    session.say(fmt::format("{} of '{}' {} yours; what is left of his is in '{}'",
                            counted(adoption.images.size(), "image"), user_,
                            adoption.images.size() == 1 ? "is" : "are",
                            store.of(user).layout().subtree().native()));
    if (session.json())
        session.print_json(to_json(adoption));
    if (adoption.failed > 0)
        session.fail(ErrorKind::integrity);
}

} // namespace aic::cli

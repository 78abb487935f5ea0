// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/rename.hpp"

#include "cache/names.hpp"
#include "cli/image_argument.hpp"
#include "core/error.hpp"

namespace aic::cli {

void Rename::describe(const Arguments& arguments) {
    arguments.description("give a name's image another name");
    arguments.add_option("name", from_, "a name of yours").required().type_name("NAME");
    arguments.add_option("new-name", to_, "what it shall be instead")
        .required()
        .type_name("NEW-NAME");
    arguments.footer(
        R"(The new name begins a history of its own; that of the old one stays with the old one.

Examples:
  aic-image rename exp exp-2026)");
}

void Rename::run(Session& session) {
    const auto store = session.store();
    const auto from = own_name(from_);
    if (!from)
        throw Error(ErrorKind::not_found, "there is no name '{}'", from_);
    const auto state = cache::Names(store.layout()).rename(*from, cache::ImageName::parse(to_));
    if (session.json())
        return session.print_json({{"name", state.name.str()}, {"id", state.id.str()}});
    session.say(fmt::format("'{}' is '{}' now", from->str(), state.name.str()));
}

} // namespace aic::cli

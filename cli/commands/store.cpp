// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/store.hpp"

#include "cache/upgrade.hpp"
#include "cli/counted.hpp"

namespace aic::cli {

void StoreCommand::describe(const Arguments& arguments) {
    arguments.description("bring the store to this release's format, or to another preset");
    arguments.add_option("action", action_, "upgrade")
        .required()
        .type_name("upgrade")
        .one_of({"upgrade"});
    set_up_.describe(arguments);
    arguments.footer(
        R"(While nobody writes in the store. When a private store is opened to others, the images in it become
private ones of their owner, and 'share' opens them one by one. Releases that are too old for the
new format say so, and read it all the same where they can.

Examples:
  aic-image store upgrade
  aic-image store upgrade --preset lab --group biolab)");
}

void StoreCommand::run(Session& session) {
    const auto store = session.store();
    const auto wanted = set_up_.decide(store.description(), false, session);
    const auto upgraded = cache::upgrade(store.layout(), wanted);
    if (upgraded.before.format != upgraded.after.format)
        session.say(
            fmt::format("format {} instead of {}", upgraded.after.format, upgraded.before.format));
    if (upgraded.shut_images > 0)
        session.say(fmt::format("{} of yours {} private; 'aic-image share IMAGE' opens one",
                                counted(upgraded.shut_images, "image"),
                                upgraded.shut_images == 1 ? "is" : "are"));
    print_set_up(session, store.layout(), upgraded.after);
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/complete.hpp"

#include "cache/names.hpp"
#include "cli/image_argument.hpp"

#include <set>

namespace aic::cli {

void Complete::describe(const Arguments& arguments) {
    arguments.description("print the words that a shell completes an argument with, one a line");
    arguments.hidden(); // the completion scripts call it
    arguments.add_option("what", what_, "images: names, then references; names: those removed too")
        .required()
        .one_of({"images", "names"});
    arguments.footer("Examples:\n  aic-image complete images");
}

void Complete::run(Session& session) {
    const auto library = session.library();
    const auto caller = library.own().layout().owner();
    if (what_ == "names") {
        for (const auto& name : cache::Names(library.own().layout()).known())
            session.print(name.str());
        return;
    }
    for (const auto& [owner, state] : library.names())
        session.print(shown_name(owner, caller, state.name));
    const auto ids = library.ids_with_prefix("");
    const std::set<ImageId> present(ids.begin(), ids.end());
    std::set<std::string> references;
    for (const auto& reference : library.references())
        if (present.contains(reference.id) && references.insert(reference.reference).second)
            session.print(reference.reference);
}

} // namespace aic::cli

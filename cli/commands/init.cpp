// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/init.hpp"

#include "core/error.hpp"
#include "core/files.hpp"

namespace aic::cli {

namespace {

/// A directory with other things in it is somebody's mistake. What a fresh file system has in it
/// is not.
void require_free(const std::filesystem::path& root) {
    for (const auto& path : entries_of(root)) {
        const auto name = path.filename().native();
        if (name != "lost+found" && !name.starts_with('.'))
            throw Error(ErrorKind::usage, "'{}' is no store and not empty: there is '{}' in it",
                        root.native(), name)
                .with_hint("--store names an empty directory, or one that is made");
    }
}

} // namespace

void Init::describe(const Arguments& arguments) {
    arguments.description("set up a store, and say who may do what in it");
    set_up_.describe(arguments);
    arguments.footer(
        R"(The store is the one that --store or the settings name. A store that is there keeps its preset, and
its directories get the modes back that they should have; 'store upgrade' gives it another preset.
Without init a store is made as it is first used, private.

Examples:
  aic-image init --preset lab --group biolab --store /data/aic-image
  sudo aic-image init --preset lab --group biolab --trust group
  aic-image init --preset site --store /sw/images)");
}

void Init::run(Session& session) {
    const auto store = session.store();
    const auto& layout = store.layout();
    const auto as_is = cache::read_description(layout.description());
    if (!as_is)
        require_free(layout.root());
    const bool keeps = !as_is
                       || (as_is->format == cache::k_store_format
                           && set_up_.preset().value_or(as_is->preset) == as_is->preset);
    if (!keeps)
        throw Error(ErrorKind::usage, "'{}' is a store already, of format {} and preset {}",
                    layout.root().native(), as_is->format, cache::to_string(as_is->preset))
            .with_hint("'aic-image store upgrade' changes that");
    const auto wanted = set_up_.decide(store.description(), !as_is, session);
    print_set_up(session, layout, cache::set_up(layout, wanted));
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/history.hpp"

#include "cache/trash.hpp"
#include "cli/image_argument.hpp"
#include "cli/local_time.hpp"
#include "cli/table.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

namespace aic::cli {

namespace {

/// Whether the state's image can be had: "here", "removed" (restorable), "gone".
const char* whereabouts(const cache::Library& library, const cache::NameState& state) {
    if (library.find(state.id, state.variant))
        return "here";
    return cache::Trash(library.own().layout()).find(state.id, state.variant) ? "removed" : "gone";
}

nlohmann::json state_json(const cache::Library& library, const cache::NameState& state) {
    const auto text_or_null = [](const std::optional<std::string>& text) {
        return text ? nlohmann::json(*text) : nlohmann::json(nullptr);
    };
    return {
        {"number", state.number},
        {"state", state.is_set() ? "set" : "removed"},
        {"id", state.id.str()},
        {"variant", state.variant},
        {"directory", text_or_null(state.directory)},
        {"changed", cache::utc_time(state.changed_seconds)},
        {"how", state.how},
        {"reference", text_or_null(state.reference)},
        {"image", whereabouts(library, state)},
    };
}

std::vector<std::string> row_of(const cache::Library& library, const cache::NameState& state) {
    return {std::to_string(state.number),
            local_time(state.changed_seconds),
            state.is_set() ? state.id.short_hex() : "-",
            state.is_set() ? whereabouts(library, state) : "-",
            printable(state.how),
            printable(state.directory.value_or("-"))};
}

} // namespace

void History::describe(CLI::App& app) {
    app.description("show what a name stood for, and when");
    app.add_option("name", name_,
                   "a name of yours, or one that was removed; another's as owner/name")
        ->required()
        ->type_name("NAME");
    app.footer(
        R"(The last line is what counts now. IMAGE says whether the image is here, removed (and can be
restored), or gone.

Examples:
  aic-image history exp
  aic-image restore exp --to 3)");
}

void History::run(Session& session) {
    const auto library = session.library();
    const auto name = parse_users_name(name_);
    const auto states = name ? library.history(name->user, name->name) : cache::NameHistory();
    if (states.empty())
        throw Error(ErrorKind::not_found, "there is no name '{}', and there was none", name_);
    if (session.json()) {
        auto list = nlohmann::json::array();
        for (const auto& state : states)
            list.push_back(state_json(library, state));
        return session.print_json({{"name", name->name.str()}, {"states", list}});
    }
    std::vector<std::vector<std::string>> rows = {
        {"NUMBER", "WHEN", "ID", "IMAGE", "HOW", "DIRECTORY"}};
    for (const auto& state : states)
        rows.push_back(row_of(library, state));
    session.print_bytes(format_table(rows));
}

} // namespace aic::cli

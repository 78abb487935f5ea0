// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/history.hpp"

#include "cache/trash.hpp"
#include "cli/image_argument.hpp"
#include "cli/local_time.hpp"
#include "cli/step_history.hpp"
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

void History::describe(const Arguments& arguments) {
    arguments.description(
        "show what a name stood for and when, and the steps an image was built with");
    arguments
        .add_option("image", word_, "a name, also one that was removed; or an image, as elsewhere")
        .required()
        .type_name("NAME");
    arguments.footer(
        R"(Of what the name stood for the last line counts now. IMAGE says whether the image is here,
removed (and can be restored), or gone. Below are the steps of the image that the name stands for:
what each took, what it adds to the image, and its log, if it was you who ran it on this machine.

Examples:
  aic-image history exp
  aic-image history alice/exp
  aic-image restore exp --to 3)");
}

namespace {

/// Of the image that the name stands for now, if it is here.
std::optional<cache::Record> record_now(const cache::Library& library,
                                        const cache::NameState& state) {
    if (state.is_set())
        if (const auto image = library.find(state.id, state.variant))
            return image->record;
    return std::nullopt;
}

nlohmann::json steps_of(const std::optional<cache::Record>& record, Session& session) {
    return record ? step_history_json(*record, session.environment()) : nlohmann::json::array();
}

} // namespace

void History::run(Session& session) {
    const auto library = session.library();
    const auto name = parse_users_name(word_);
    const auto states = name ? library.history(name->user, name->name) : cache::NameHistory();
    if (states.empty())
        return show_image(session, library);
    const auto record = record_now(library, states.back());
    if (session.json()) {
        auto list = nlohmann::json::array();
        for (const auto& state : states)
            list.push_back(state_json(library, state));
        return session.print_json(
            {{"name", name->name.str()}, {"states", list}, {"steps", steps_of(record, session)}});
    }
    std::vector<std::vector<std::string>> rows = {
        {"NUMBER", "WHEN", "ID", "IMAGE", "HOW", "DIRECTORY"}};
    for (const auto& state : states)
        rows.push_back(row_of(library, state));
    session.print_bytes(format_table(rows));
    if (const auto steps = record ? step_table(*record, session.environment()) : ""; !steps.empty())
        session.print_bytes("\n" + steps);
}

/// One that has no name, or is not asked for by it.
void History::show_image(Session& session, const cache::Library& library) const {
    const auto image = newest_of(find_stored(library, word_).images);
    if (session.json())
        return session.print_json(
            {{"name", nullptr},
             {"states", nlohmann::json::array()},
             {"steps", step_history_json(image.record, session.environment())}});
    const auto steps = step_table(image.record, session.environment());
    if (steps.empty())
        return session.say(fmt::format("{} has no name and was not built here: it is {}",
                                       image.record.id.short_hex(),
                                       printable(image.record.reference)));
    session.print_bytes(steps);
}

} // namespace aic::cli

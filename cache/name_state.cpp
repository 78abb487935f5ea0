// SPDX-License-Identifier: Apache-2.0
#include "cache/name_state.hpp"

#include "cache/json_fields.hpp"
#include "cache/record.hpp"

#include <algorithm>

namespace aic::cache {

namespace {

constexpr int k_name_version = 1;
constexpr std::size_t k_earlier_images = 3;

constexpr const char* k_set = "set";
constexpr const char* k_removed = "removed";

NameState::Kind parse_kind(const std::string& text) {
    if (text == k_set)
        return NameState::Kind::set;
    if (text == k_removed)
        return NameState::Kind::removed;
    throw Error(ErrorKind::integrity, "the field 'state' is neither 'set' nor 'removed'");
}

ImageName parse_name(const std::string& text) {
    if (auto name = ImageName::try_parse(text))
        return std::move(*name);
    throw Error(ErrorKind::integrity, "the field 'name' is no name");
}

} // namespace

std::string to_json(const NameState& state) {
    return to_file_text({
        {"version", k_name_version},
        {"name", state.name.str()},
        {"state", state.is_set() ? k_set : k_removed},
        {"id", state.id.str()},
        {"variant", state.variant},
        {"directory", text_or_null(state.directory)},
        {"changed", utc_time(state.changed_seconds)},
        {"how", state.how},
        {"reference", text_or_null(state.reference)},
    });
}

NameState parse_name_state(std::string_view text) {
    const auto value = parse_versioned(text, k_name_version);
    const Fields fields(value);
    return {
        .name = parse_name(fields.get<std::string>("name")),
        .kind = parse_kind(fields.get<std::string>("state")),
        .id = fields.digest<ImageId>("id"),
        .variant = fields.file_name("variant"),
        .directory = fields.text_if_there("directory"),
        .changed_seconds = parse_utc_time(fields.get<std::string>("changed")),
        .how = fields.get<std::string>("how"),
        .reference = fields.text_if_there("reference"),
    };
}

const NameState* current_of(const NameHistory& history) {
    return !history.empty() && history.back().is_set() ? &history.back() : nullptr;
}

std::vector<const NameState*> kept_by(const NameHistory& history) {
    std::vector<const NameState*> kept;
    if (!current_of(history))
        return kept;
    for (auto state = history.rbegin(); state != history.rend(); ++state) {
        const bool is_known = std::ranges::any_of(
            kept, [&](const NameState* other) { return other->is_same_image(*state); });
        if (state->is_set() && !is_known)
            kept.push_back(&*state);
        if (kept.size() > k_earlier_images)
            break;
    }
    return kept;
}

const NameState& restorable(const NameHistory& history, const ImageName& name,
                            std::optional<std::uint64_t> number) {
    const auto* current = current_of(history);
    const auto is_wanted = [&](const NameState& state) {
        if (number)
            return state.number == *number;
        return !current || !state.is_same_image(*current);
    };
    for (auto state = history.rbegin(); state != history.rend(); ++state)
        if (state->is_set() && is_wanted(*state))
            return *state;
    const auto hint = fmt::format("'aic-image history {}' shows what there was", name.str());
    if (history.empty())
        throw Error(ErrorKind::not_found, "there is no name '{}', and there was none", name.str());
    if (number)
        throw Error(ErrorKind::not_found, "the name '{}' has no image with the number {}",
                    name.str(), *number)
            .with_hint(hint);
    throw Error(ErrorKind::not_found, "the name '{}' has no earlier image", name.str())
        .with_hint(hint);
}

const NameState& origin_of(const NameHistory& history, const NameState& state) {
    const auto first = std::ranges::find_if(history, [&](const NameState& earlier) {
        return earlier.is_set() && earlier.is_same_image(state);
    });
    return first == history.end() ? state : *first;
}

} // namespace aic::cache

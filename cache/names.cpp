// SPDX-License-Identifier: Apache-2.0
#include "cache/names.hpp"

#include "cache/modes.hpp"
#include "cache/pending.hpp"
#include "cache/reserve.hpp"
#include "cache/subtree.hpp"
#include "cache/trash.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <ctime>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr std::uint64_t k_max_state_bytes = 1 << 20;
constexpr std::size_t k_states_kept = 20;

Error no_such_name(const ImageName& name) {
    return Error(ErrorKind::not_found, "there is no name '{}'", name.str());
}

/// The state with which `name` stands for an image from now on.
NameState set_state(const ImageName& name, const NamedImage& image,
                    std::optional<std::string> directory) {
    return {.name = name,
            .kind = NameState::Kind::set,
            .id = image.id,
            .variant = image.variant,
            .directory = std::move(directory),
            .how = image.how,
            .reference = image.reference};
}

NamedImage image_of(const NameState& state, std::string how) {
    return {state.id, state.variant, std::move(how), state.reference};
}

NameState tombstone(const NameState& state, std::string how) {
    auto removed = state;
    removed.kind = NameState::Kind::removed;
    removed.how = std::move(how);
    return removed;
}

Error name_in_use(const ImageName& name) {
    return Error(ErrorKind::usage, "the name '{}' is in use", name.str())
        .with_hint(fmt::format("'aic-image rm {}' frees it", name.str()));
}

void require_free(const NameState& current, const std::optional<std::string>& directory) {
    if (current.directory && directory && *current.directory != *directory)
        throw Error(ErrorKind::usage, "the name '{}' is in use: it was given in '{}'",
                    current.name.str(), *current.directory)
            .with_hint("'--name' with another one keeps both; '--replace' moves the name here");
}

} // namespace

NumberedFiles Names::files_of(const ImageName& name) const {
    return {layout_.name(name.str()), ".json"};
}

std::optional<NameState> Names::read(const ImageName& name, std::uint64_t number) const {
    const auto path = files_of(name).path(number);
    const auto text = read_beneath(layout_, path, k_max_state_bytes, Foreign::refused);
    if (!text)
        return std::nullopt; // out of date, and cleared away since it was listed
    return in_context([&] { return fmt::format("reading '{}'", path.native()); },
                      [&] {
                          auto state = parse_name_state(*text);
                          state.number = number;
                          return state;
                      });
}

NameHistory Names::read_all(const ImageName& name,
                            const std::vector<std::uint64_t>& numbers) const {
    NameHistory history;
    for (const auto number : numbers) {
        try {
            if (auto state = read(name, number))
                history.push_back(std::move(*state));
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::integrity)
                throw;
            warn("{}", error.message());
        }
    }
    return history;
}

NameHistory Names::history(const ImageName& name) const {
    return read_all(name, files_of(name).numbers());
}

std::optional<NameState> Names::find(const ImageName& name) const {
    while (const auto newest = files_of(name).newest())
        if (auto state = read(name, newest)) // else there is a newer one by now
            return state->is_set() ? std::move(state) : std::nullopt;
    return std::nullopt;
}

std::vector<ImageName> Names::known() const {
    std::vector<ImageName> names;
    for (const auto& directory : entries_of(layout_.names()))
        if (auto name = ImageName::try_parse(directory.filename().native()))
            names.push_back(std::move(*name));
    return names;
}

std::vector<NameState> Names::all() const {
    std::vector<NameState> states;
    for (const auto& name : known()) {
        try {
            if (auto state = find(name))
                states.push_back(std::move(*state));
        } catch (const Error& error) {
            warn("{}", error.message());
        }
    }
    return states;
}

bool Names::publish(const NameState& state) const {
    const auto files = files_of(state.name);
    AtomicFile file(files.path(state.number), k_file_mode);
    file.write(as_bytes(to_json(state)));
    ChangeNote note(layout_, ObjectKey::name(state.name.str()));
    const bool is_first = file.commit_new();
    note.done();
    if (!is_first)
        return false;
    // Whoever collects garbage looks at the names after taking an image away, and we for the image
    // after naming it: one of us sees the other.
    if (state.is_set())
        Trash(layout_).bring_back(state.id, state.variant);
    return true;
}

NameState Names::update(const ImageName& name, const Next& next) const {
    const auto files = files_of(name);
    for (;;) { // each loser has a winner, so somebody always gets on
        const auto numbers = files.numbers();
        const auto history = read_all(name, numbers);
        auto state = next(history);
        if (!state && history.empty())
            throw no_such_name(name);
        if (!state)
            return history.back();
        make_beneath(layout_, files.directory());
        state->name = name;
        state->number = numbers.empty() ? 1 : numbers.back() + 1;
        state->changed_seconds = std::time(nullptr);
        if (publish(*state))
            return *state;
    }
}

NameState Names::set(const ImageName& name, const NamedImage& image,
                     const std::optional<std::string>& directory, Replace replace) const {
    return update(name, [&](const NameHistory& history) -> std::optional<NameState> {
        const auto* current = current_of(history);
        const bool is_same = current && current->is_of(image.id, image.variant);
        if (is_same && (replace != Replace::yes || current->directory == directory))
            return std::nullopt;
        if (current && replace == Replace::never)
            throw name_in_use(name);
        if (current && replace == Replace::no)
            require_free(*current, directory);
        return set_state(name, image, directory);
    });
}

bool Names::advance(const ImageName& name, const ImageKey& from, const NamedImage& image) const {
    if (!find(name))
        return false;
    bool is_still = false;
    update(name, [&](const NameHistory& history) -> std::optional<NameState> {
        const auto* current = current_of(history);
        is_still = current && current->is_of(from.id, from.variant);
        if (!is_still || current->is_of(image.id, image.variant))
            return std::nullopt;
        return set_state(name, image, current->directory);
    });
    return is_still;
}

NameState Names::remove(const ImageName& name) const {
    const auto next = [&](const NameHistory& history) -> std::optional<NameState> {
        const auto* current = current_of(history);
        if (!current)
            throw no_such_name(name);
        return tombstone(*current, "rm");
    };
    return with_reserve(layout_, [&] { return update(name, next); });
}

NameState Names::rename(const ImageName& from, const ImageName& to) const {
    const auto source = find(from);
    if (!source)
        throw no_such_name(from);
    if (from == to)
        return *source;
    // The new name first: whatever happens in between, the image has one.
    auto renamed = update(to, [&](const NameHistory& history) -> std::optional<NameState> {
        const auto* current = current_of(history);
        // Even where it stands for that image already it gets a further state, so that somebody who
        // renames it the other way at the same moment does not remove it.
        if (current && !current->is_same_image(*source))
            throw name_in_use(to);
        return set_state(to, image_of(*source, fmt::format("rename {}", from.str())),
                         source->directory);
    });
    update(from, [&](const NameHistory& history) -> std::optional<NameState> {
        const auto* current = current_of(history);
        if (!current || current->number != source->number)
            return std::nullopt;
        return tombstone(*current, fmt::format("rename to {}", to.str()));
    });
    return renamed;
}

NameState
Names::restore(const ImageName& name, std::optional<std::uint64_t> number,
               const std::function<void(const NameState&, const NameState&)>& bring_back) const {
    return update(name, [&](const NameHistory& history) -> std::optional<NameState> {
        const auto& target = restorable(history, name, number);
        bring_back(target, origin_of(history, target));
        return set_state(name, image_of(target, fmt::format("restore {}", target.number)),
                         target.directory);
    });
}

std::optional<NameState> Names::mend(const ImageName& name) const {
    if (history(name).empty())
        return std::nullopt;
    bool is_mended = false;
    auto state = update(name, [&](const NameHistory& history) -> std::optional<NameState> {
        is_mended = !history.empty() && history.back().number != files_of(name).newest();
        return is_mended ? std::optional(history.back()) : std::nullopt;
    });
    return is_mended ? std::optional(std::move(state)) : std::nullopt;
}

std::vector<fs::path> Names::outdated(const ImageName& name) const {
    const auto states = history(name);
    const auto kept = kept_by(states);
    std::vector<fs::path> paths;
    for (std::size_t i = 0; i + k_states_kept < states.size(); ++i)
        if (std::ranges::find(kept, &states[i]) == kept.end())
            paths.push_back(files_of(name).path(states[i].number));
    return paths;
}

} // namespace aic::cache

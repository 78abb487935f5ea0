// SPDX-License-Identifier: Apache-2.0
#include "cli/image_argument.hpp"

#include "builder/foreign/add.hpp"
#include "cache/names.hpp"
#include "cache/trash.hpp"
#include "cache/trust.hpp"
#include "core/edit_distance.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/machine.hpp"
#include "oci/reference.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <set>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

constexpr std::size_t k_shortest_prefix = 4;

bool is_path(const std::string& text) {
    for (const char* start : {"/", "./", "../", "~/"})
        if (text.starts_with(start))
            return true;
    return is_path_word(text);
}

/// The image the reference led to, for this machine if there is one for it, else for whatever there
/// is.
std::optional<ImageId> id_by_reference(const cache::Library& library,
                                       const std::string& reference) {
    // One whose image is there, of the caller's or of others he trusts.
    const auto known = library.find_references(reference, oci::Platform::host());
    for (const auto& record : known)
        if (!library.find_all(record.id).empty())
            return record.id;
    if (!known.empty())
        return known.front().id;
    for (const auto& record : library.references())
        if (record.reference == reference)
            return record.id;
    return std::nullopt;
}

std::optional<ImageId> id_by_prefix(const cache::Library& library, const std::string& text) {
    const auto prefix = id_prefix(text);
    if (!prefix)
        return std::nullopt;
    const auto ids = library.ids_with_prefix(*prefix);
    if (ids.size() > 1)
        throw Error(ErrorKind::usage, "'{}' begins the ids of {} images", text, ids.size())
            .with_hint("a few more digits tell them apart");
    return ids.empty() ? std::nullopt : std::optional(ids.front());
}

/// "lab" in front of "lab/exp" when that is the caller.
bool is_caller(std::string_view user) {
    if (user == std::to_string(::geteuid()))
        return true;
    const auto* entry = ::getpwuid(::geteuid());
    return entry && user == entry->pw_name;
}

/// Everything that the word could have been meant to be, and would be found by.
std::vector<std::string> known_words(const cache::Library& library) {
    std::vector<std::string> words;
    for (const auto& [owner, state] : library.names())
        words.push_back(shown_name(owner, library.own().layout().owner(), state.name));
    std::set<ImageId> present;
    for (const auto& id : library.ids_with_prefix(""))
        present.insert(id);
    for (const auto& record : library.references())
        if (present.contains(record.id))
            words.push_back(record.reference);
    return words;
}

/// What brings back an image that was meant and is in the trash, or a name that was removed.
std::optional<std::string> restoring_hint(const cache::Library& library, const std::string& text) {
    const auto hint = fmt::format("it was removed; 'aic-image restore {}' brings it back", text);
    if (const auto name = own_name(text))
        if (!cache::Names(library.own().layout()).history(*name).empty())
            return hint;
    const auto reference = canonical_reference(text);
    const auto id = reference ? id_by_reference(library, *reference) : std::nullopt;
    const auto prefix = id_prefix(text);
    for (const auto& image : cache::Trash(library.own().layout()).list())
        if (id == image.id || (prefix && image.id.hex().starts_with(*prefix)))
            return hint;
    return std::nullopt;
}

Error not_found(const cache::Library& library, const std::string& text) {
    const Error error(ErrorKind::not_found, "there is no image '{}' in '{}'", text,
                      library.own().layout().root().native());
    if (const auto hint = restoring_hint(library, text))
        return error.with_hint(*hint);
    if (const auto close = nearest_known(library, text))
        return error.with_hint(fmt::format("did you mean '{}'?", *close));
    if (parse_users_name(text)) // which no registry has
        return error.with_hint("'aic-image list' shows what is there");
    return error.with_hint(
        fmt::format("'aic-image list' shows what is there; 'aic-image pull {}' gets it", text));
}

/// Says what a name's word was not taken for.
void tell_ambiguity(const cache::Library& library, const std::string& text) {
    const auto reference = canonical_reference(text);
    if (reference && id_by_reference(library, *reference))
        return inform("'{}' is taken for the name; the reference is {}", text, *reference);
    const auto prefix = id_prefix(text);
    if (prefix && !library.ids_with_prefix(*prefix).empty())
        inform("'{}' is taken for the name; as the beginning of an id it is sha256:{}", text,
               *prefix);
}

/// What "alice/exp" is to its owner, if there is such a user and he has it. One that the caller may
/// not use is Error(denied).
std::optional<StoredImages> find_by_others_name(const cache::Library& library,
                                                const std::string& text) {
    const auto name = parse_users_name(text);
    if (!name || name->user == library.own().layout().owner())
        return std::nullopt;
    auto image = library.find_named(name->user, name->name);
    if (image)
        return StoredImages{std::nullopt, {std::move(*image)}};
    if (library.has_name(name->user, name->name))
        throw Error(ErrorKind::denied,
                    "'{}' is there, but its image is private, or partly made by somebody you do "
                    "not trust",
                    text)
            .with_hint(fmt::format("{} can share a private one: 'aic-image share {}'",
                                   user_name(name->user), name->name.str()));
    return std::nullopt;
}

/// The image that a name stands for; nothing when there is no such name.
std::optional<StoredImages> find_by_name(const cache::Library& library, const std::string& text) {
    const auto state = find_name(library, text);
    if (!state)
        return find_by_others_name(library, text);
    auto image = library.find(state->id, state->variant);
    if (!image)
        throw Error(ErrorKind::not_found,
                    "the image that '{}' stands for, {}, is not here any more", text,
                    state->id.short_hex())
            .with_hint(fmt::format("'aic-image restore {}' brings it back, or says what makes it "
                                   "again",
                                   state->id.short_hex()));
    return StoredImages{state->name, {std::move(*image)}};
}

} // namespace

bool is_path_word(const std::string& word) {
    return word.ends_with(".sqsh") && !word.starts_with(foreign::k_file_scheme);
}

std::optional<std::string> nearest_known(const cache::Library& library, const std::string& text) {
    const auto words = known_words(library);
    for (const auto& word : {text, canonical_reference(text).value_or(text)})
        if (auto close = nearest(word, words))
            return close;
    return std::nullopt;
}

std::optional<cache::ImageName> own_name(std::string text) {
    if (const auto slash = text.find('/'); slash != std::string::npos) {
        if (!is_caller(text.substr(0, slash)))
            return std::nullopt;
        text.erase(0, slash + 1);
    }
    return cache::ImageName::try_parse(text);
}

std::optional<UsersName> parse_users_name(const std::string& text) {
    if (auto name = own_name(text))
        return UsersName{::geteuid(), std::move(*name)};
    const auto slash = text.find('/');
    auto name = slash == std::string::npos ? std::nullopt
                                           : cache::ImageName::try_parse(text.substr(slash + 1));
    if (!name)
        return std::nullopt;
    try {
        return UsersName{cache::parse_user(text.substr(0, slash)), std::move(*name)};
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found)
            throw;
        return std::nullopt;
    }
}

std::optional<UsersName> name_of(const cache::Library& library, const std::string& text,
                                 const cache::StoredImage& image) {
    auto name = parse_users_name(text);
    const auto named = name ? library.find_named(name->user, name->name) : std::nullopt;
    return named && named->record.id == image.record.id ? std::move(name) : std::nullopt;
}

std::string shown_name(uid_t owner, uid_t caller, const cache::ImageName& name) {
    return owner == caller ? name.str() : fmt::format("{}/{}", user_name(owner), name.str());
}

namespace {

/// Those in the caller's part of the store that is written to.
std::vector<cache::StoredImage> own_among(const cache::Library& library,
                                          std::vector<cache::StoredImage> images) {
    const auto subtree = library.own().layout().subtree();
    std::erase_if(images, [&](const cache::StoredImage& image) {
        return std::ranges::mismatch(subtree, image.directory).in1 != subtree.end();
    });
    return images;
}

} // namespace

std::optional<cache::NameState> find_name(const cache::Library& library, const std::string& text) {
    const auto name = own_name(text);
    auto state = name ? cache::Names(library.own().layout()).find(*name) : std::nullopt;
    if (state)
        tell_ambiguity(library, text);
    return state;
}

std::optional<std::string> id_prefix(std::string text) {
    if (text.starts_with("sha256:"))
        text.erase(0, 7);
    const bool is_hex = std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    return is_hex && text.size() >= k_shortest_prefix && text.size() <= 64 ? std::optional(text)
                                                                           : std::nullopt;
}

std::optional<std::string> canonical_reference(const std::string& text) {
    if (text.starts_with(foreign::k_file_scheme))
        return foreign::reference_of(text.substr(foreign::k_file_scheme.size()));
    try {
        return oci::Reference::parse(text).str();
    } catch (const Error&) {
        return std::nullopt; // it may still be something else
    }
}

const cache::StoredImage& newest_of(const std::vector<cache::StoredImage>& images) {
    return *std::ranges::max_element(
        images, {}, [](const cache::StoredImage& image) { return image.record.created_seconds; });
}

StoredImages find_stored(const cache::Library& library, const std::string& text) {
    if (auto named = find_by_name(library, text))
        return std::move(*named);
    const auto reference = canonical_reference(text);
    const auto by_reference = reference ? id_by_reference(library, *reference) : std::nullopt;
    auto images =
        by_reference ? library.find_all(*by_reference) : std::vector<cache::StoredImage>();
    // What a reference led to may be gone, and the word begin an id as well.
    if (images.empty())
        if (const auto id = id_by_prefix(library, text))
            images = library.find_all(*id);
    if (images.empty())
        throw not_found(library, text);
    return {std::nullopt, std::move(images)};
}

std::vector<cache::StoredImage> find_own(const cache::Library& library, const std::string& text) {
    try {
        auto own = own_among(library, find_stored(cache::Library(library.own()), text).images);
        if (!own.empty())
            return own;
    } catch (const Error& error) {
        // A name of somebody's may lead to another store.
        if (error.kind() != ErrorKind::not_found && error.kind() != ErrorKind::denied)
            throw;
    }
    const auto others = find_stored(library, text).images;
    auto came_back = own_among(library, others);
    if (!came_back.empty())
        return came_back;
    const auto owner = static_cast<uid_t>(others.front().record.owner_uid);
    throw Error(ErrorKind::denied, "'{}' is an image of {}, in '{}'", text, user_name(owner),
                others.front().directory.native())
        .with_hint("who has an image looks after it; to this command only your own count");
}

/// The image of the store whose file this is: what `path` and `build` print.
static std::optional<cache::StoredImage> stored_at(const cache::Library& library,
                                                   const fs::path& file) {
    const auto directory = file.parent_path(); // images/ID/VARIANT
    const auto id = ImageId::try_parse("sha256:" + directory.parent_path().filename().native());
    auto image = id ? library.find(*id, directory.filename().native()) : std::nullopt;
    return image && image->file() == file ? std::move(image) : std::nullopt;
}

ImageArgument find_image(const cache::Library& library, const std::string& text,
                         const fs::path& home) {
    if (is_path(text)) {
        auto path = text.starts_with("~/") ? home / text.substr(2) : fs::path(text);
        if (!fs::exists(path))
            throw Error(ErrorKind::not_found, "there is no file '{}'", path.native());
        path = fs::absolute(path).lexically_normal();
        auto stored = stored_at(library, path);
        return {std::move(path), std::move(stored)};
    }
    const auto found = find_stored(library, text);
    const auto& image = newest_of(found.images);
    return {image.file(), image};
}

} // namespace aic::cli

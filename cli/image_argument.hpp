// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/library.hpp"
#include "cache/name_state.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace aic::cli {

/// How every command describes its IMAGE argument.
inline constexpr const char* k_image_help =
    "a name, a reference, the beginning of an id, or a path";

/// A name, and whose it is.
struct UsersName {
    uid_t user;
    cache::ImageName name;
};

/// What an IMAGE argument stands for: an image of the store, or just a file.
struct ImageArgument {
    std::filesystem::path file;
    std::optional<cache::StoredImage> stored;
    std::optional<UsersName> name = {}; ///< that it was called by, where that was asked for
};

/// Images of the store that a word stands for.
struct StoredImages {
    std::optional<cache::ImageName> name;   ///< if that is what it was taken for
    std::vector<cache::StoredImage> images; ///< a name's one, else every variant; never empty
};

/// A path begins with `/`, `./`, `../` or `~/`, or ends in `.sqsh`; then find_stored().
/// Of several variants the newest.
ImageArgument find_image(const cache::Library& library, const std::string& text,
                         const std::filesystem::path& home);

/// In this order: a name of the caller's, one of another user's as `user/name`, a reference of this
/// machine's platform or any other, and an id prefix of at least four digits. A word that could be
/// two of them is told of. Throws Error(not_found) that lists near misses, Error(usage) when a
/// prefix fits several.
StoredImages find_stored(const cache::Library& library, const std::string& text);

/// Whether a word that may be a program's stands for an image's file: it ends in ".sqsh".
bool is_path_word(const std::string& word);

/// What is there and is spelt nearly so; for hints.
std::optional<std::string> nearest_known(const cache::Library& library, const std::string& text);

/// The images of the caller's own part of the store that a word stands for. Throws as find_stored()
/// does, and Error(denied) when only other users have such an image.
std::vector<cache::StoredImage> find_own(const cache::Library& library, const std::string& text);

/// "exp" is the caller's, "alice/exp" is alice's; whether or not there is such a name now. Nothing
/// for what is no name, or names no user of this machine.
std::optional<UsersName> parse_users_name(const std::string& text);

/// The name that the word is, if it stands for this image now.
std::optional<UsersName> name_of(const cache::Library& library, const std::string& text,
                                 const cache::StoredImage& image);

/// A name as the caller types it: "exp" for his own, "alice/exp" for alice's.
std::string shown_name(uid_t owner, uid_t caller, const cache::ImageName& name);

/// The caller's name that a word is, with his user name or number and a slash in front or without;
/// whether or not there is such a name now. Nothing for what is no name.
std::optional<cache::ImageName> own_name(std::string text);

/// What the word stands for if it is a name now, and has been told of if it could be something
/// else.
std::optional<cache::NameState> find_name(const cache::Library& library, const std::string& text);

/// The hex digits that the word could be the beginning of an id with.
std::optional<std::string> id_prefix(std::string text);

/// A reference in canonical form; nothing for what is none.
std::optional<std::string> canonical_reference(const std::string& text);

/// Of several variants the newest.
const cache::StoredImage& newest_of(const std::vector<cache::StoredImage>& images);

} // namespace aic::cli

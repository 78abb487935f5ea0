// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace aic::cache {

/// The format of the stores that this release makes.
inline constexpr int k_store_format = 2;

/// Who uses a store, and so who may see and write what in it.
enum class Preset {
    personal, ///< "private": one user's; nobody else sees anything
    lab,      ///< a group's: each member writes in a subtree of his own, and all users may read
    site,     ///< its owner writes, and all users may read
};

const char* to_string(Preset preset);
/// "private", "lab" or "site"; throws Error(usage) for others.
Preset parse_preset(std::string_view text);

/// What `store.json` says (docs/formats/store.md).
struct StoreDescription {
    int format = k_store_format;
    int min_writer = k_store_format;
    Preset preset = Preset::personal;
    /// Whether the images of all members of the store's group are used without question, by those
    /// who trust its owner.
    bool trusts_group = false;

    bool is_writable() const { return min_writer <= k_store_format; }
};

std::string to_json(const StoreDescription& description);
/// Throws Error(integrity) on what describes no store, and Error(usage) when this release is too
/// old to read it. `path` is for the messages.
StoreDescription parse_description(std::string_view text, const std::filesystem::path& path);
/// Nothing when there is no such file.
std::optional<StoreDescription> read_description(const std::filesystem::path& path);

/// The modes of the directories that users share, the root's bits included.
struct SharedModes {
    mode_t root;
    mode_t shared; ///< u/, claims/, catalogue/
};

SharedModes shared_modes(Preset preset);

} // namespace aic::cache

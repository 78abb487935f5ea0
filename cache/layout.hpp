// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"
#include "oci/platform.hpp"

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace aic::cache {

/// What tells one image file of a store from all others.
struct ImageKey {
    ImageId id;
    std::string variant;

    auto operator<=>(const ImageKey&) const = default;
};

/// The path of everything in a store, and nothing else (docs/formats/store.md).
class Layout {
public:
    Layout(std::filesystem::path root, uid_t owner) : root_(std::move(root)), owner_(owner) {}

    const std::filesystem::path& root() const { return root_; }

    uid_t owner() const { return owner_; }

    std::filesystem::path description() const { return root_ / "store.json"; }

    std::filesystem::path users() const { return root_ / "u"; }

    /// The subtree that belongs to the caller.
    std::filesystem::path subtree() const { return users() / std::to_string(owner_); }

    std::filesystem::path images() const { return subtree() / "images"; }

    std::filesystem::path image(const ImageId& id) const { return images() / id.hex(); }

    std::filesystem::path variant(const ImageId& id, std::string_view name) const {
        return image(id) / name;
    }

    std::filesystem::path references() const { return subtree() / "refs"; }

    /// One file a reference and platform. Slashes are %2F; a name too long for a file is its
    /// digest.
    std::filesystem::path reference(std::string_view reference,
                                    const oci::Platform& platform) const;

    std::filesystem::path temporary() const { return subtree() / "tmp"; }

    /// One directory a name, of numbered states.
    std::filesystem::path names() const { return subtree() / "names"; }

    std::filesystem::path name(std::string_view name) const { return names() / name; }

    /// One file a pinned image.
    std::filesystem::path pins() const { return subtree() / "pins"; }

    std::filesystem::path pin(const ImageId& id, std::string_view variant) const {
        return pins() / (id.hex() + '.').append(variant);
    }

    /// One file an image that somebody asked for; its modification time says when last.
    std::filesystem::path uses() const { return subtree() / "uses"; }

    std::filesystem::path use(const ImageId& id, std::string_view variant) const {
        return uses() / (id.hex() + '.').append(variant);
    }

    /// One file a step of a job on a node, which holds an image while it runs.
    std::filesystem::path leases() const { return subtree() / "leases"; }

    /// One empty file an image that is nobody else's business.
    std::filesystem::path private_images() const { return subtree() / "private"; }

    std::filesystem::path private_image(const ImageId& id, std::string_view variant) const {
        return private_images() / (id.hex() + '.').append(variant);
    }

    /// Changes that the catalogue has not taken in yet.
    std::filesystem::path pending() const { return subtree() / "pending"; }

    /// What was removed, until it is too late for regrets.
    std::filesystem::path trash() const { return subtree() / "trash"; }

    /// Files that are given up when the disk is full.
    std::filesystem::path reserve() const { return subtree() / "reserve"; }

    /// Whose lock saves the user's own processes from folding at the same time.
    std::filesystem::path folding_lock() const { return subtree() / "folding.lock"; }

    /// What is being made, by all users.
    std::filesystem::path claims() const { return root_ / "claims"; }

    /// The generations of the SQLite index, which all users share.
    std::filesystem::path catalogue() const { return root_ / "catalogue"; }

private:
    std::filesystem::path root_;
    uid_t owner_;
};

/// Whose pin or use a file of this name is; nothing for other files.
std::optional<ImageKey> image_key_of(std::string_view file_name);

inline constexpr std::string_view k_record_name = "record.json";
inline constexpr std::string_view k_layer_index_name = "layers.idx";

/// "<base name>+<first 12 digits of the id>.sqsh"; bytes that are awkward in file names become '-'.
std::string image_file_name(std::string_view base_name, const ImageId& id);

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"
#include "oci/platform.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace aic::cache {

/// The path of everything in a store, and nothing else (docs/formats/store.md).
class Layout {
public:
    Layout(std::filesystem::path root, uid_t owner) : root_(std::move(root)), owner_(owner) {}

    const std::filesystem::path& root() const { return root_; }

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

private:
    std::filesystem::path root_;
    uid_t owner_;
};

inline constexpr std::string_view k_record_name = "record.json";
inline constexpr std::string_view k_layer_index_name = "layers.idx";

/// "<base name>+<first 12 digits of the id>.sqsh"; bytes that are awkward in file names become '-'.
std::string image_file_name(std::string_view base_name, const ImageId& id);

} // namespace aic::cache

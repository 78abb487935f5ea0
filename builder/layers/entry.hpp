// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::layers {

/// What a tar entry is in a layer. On disk in layers.idx: never renumber.
enum class EntryType : std::uint8_t {
    file = 1,
    directory = 2,
    symlink = 3,
    hardlink = 4,
    char_device = 5,
    block_device = 6,
    fifo = 7,
    whiteout = 8, ///< `path` is what it removes
    opaque = 9,   ///< `path` is the directory whose lower content it hides
};

std::string_view name_of(EntryType type);

struct Xattr {
    std::string name;
    std::string value;
    bool operator==(const Xattr&) const = default;
    auto operator<=>(const Xattr&) const = default;
};

/// One entry of a layer, as its tar has it: before merging and before any profile.
struct LayerEntry {
    EntryType type = EntryType::file;
    std::string path;       ///< relative to the root, no `.`, `..` or empty part; "" is the root
    std::uint16_t mode = 0; ///< permission bits, setuid, setgid and sticky included
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime_seconds = 0;
    std::uint32_t mtime_nanoseconds = 0;
    std::string target; ///< of a symlink (raw) or a hardlink (a path in the image, normalised)
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::vector<Xattr> xattrs;
    std::optional<std::uint32_t>
        content; ///< of a file with bytes: ContentId in the layer's segment
};

} // namespace aic::layers

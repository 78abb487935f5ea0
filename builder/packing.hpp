// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/profile.hpp"
#include "builder/squashfs/compression.hpp"
#include "builder/squashfs/image_tables.hpp"
#include "cache/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace aic::builder {

/// How what is put upon an image has to be packed: an image has one compressor and one block size.
struct Packing {
    squashfs::Compression compression;
    /// Where the image has a segment that others made.
    std::optional<squashfs::ForeignCompressor> foreign{};
    std::uint32_t block_bytes = 0;
    Profile profile = Profile::enroot;

    /// Of an image that is built so.
    std::string variant() const;
};

/// Whether the image has a segment that others made, be it the only one.
bool has_foreign_segment(const cache::Record& record);

/// Of an image like this one. Owners of a foreign one stay: nothing says what the site that made it
/// wanted of them.
Packing packing_of(const cache::StoredImage& image);

} // namespace aic::builder

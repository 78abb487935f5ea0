// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/tree.hpp"
#include "builder/squashfs/compression.hpp"
#include "builder/squashfs/segment.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace aic::squashfs {

/// A segment at its place in an image file.
struct PlacedSegment {
    const SegmentData* data = nullptr;
    std::uint64_t offset = 0;         ///< of its first byte in the file
    std::uint32_t first_fragment = 0; ///< its fragment blocks' place in the image's fragment table
};

/// What a superblock says of the compressor, of an image that others made.
struct ForeignCompressor {
    CompressorId id = CompressorId::gzip;
    Bytes options; ///< as they follow the superblock, without a metadata header; empty for none
};

/// How to write beside blocks of this compressor: with it, where we can, else uncompressed, which
/// every reader takes.
Compression compression_beside(CompressorId id);

struct TableOptions {
    Compression compression; ///< of the tables
    /// Of a base that others made, which the image then names in its superblock: an image has but
    /// one compressor. `compression` must be compression_beside() it, or none.
    std::optional<ForeignCompressor> foreign = std::nullopt;
    std::uint32_t block_bytes = 128 << 10;
    std::int64_t mkfs_time_seconds = 0;
};

/// What makes segments a file system: the tables that follow them, and the first bytes of the file.
struct ImageTables {
    Bytes bytes;  ///< to be written at the offset they were made for; padded to 4 KiB
    Bytes header; ///< superblock and compressor options, at offset 0
};

/// Builds inode, directory, fragment, export, id and xattr tables for `tree`, to stand at `offset`.
/// `segments` is indexed by the layer numbers of the tree's inodes; two layers may share a segment.
ImageTables build_tables(const layers::Tree& tree, std::span<const PlacedSegment> segments,
                         const TableOptions& options, std::uint64_t offset);

} // namespace aic::squashfs

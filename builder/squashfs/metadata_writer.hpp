// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/compression.hpp"
#include "builder/squashfs/format.hpp"
#include "core/bytes.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace aic::squashfs {

/// A place in a metadata table: the compressed block's offset in the table, and the offset in the
/// block.
struct MetadataPosition {
    std::uint32_t block = 0;
    std::uint16_t offset = 0;

    /// As squashfs notes it in 64 bits.
    std::uint64_t reference() const { return (std::uint64_t{block} << 16) | offset; }
};

/// Collects a metadata table: cuts it into blocks of 8 KiB and compresses each.
class MetadataWriter {
public:
    explicit MetadataWriter(const Compression& compression);

    MetadataPosition position() const;
    void append(std::span<const std::byte> bytes);
    /// Compresses what is left. Nothing may be appended afterwards.
    void finish();

    const Bytes& table() const { return table_; }

    /// Where each block begins in the table.
    const std::vector<std::uint32_t>& block_starts() const { return block_starts_; }

private:
    void flush();

    std::unique_ptr<BlockCompressor> compressor_;
    Bytes open_; ///< the block being filled
    Bytes packed_;
    Bytes table_;
    std::vector<std::uint32_t> block_starts_;
};

} // namespace aic::squashfs

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/compression.hpp"
#include "builder/squashfs/format.hpp"
#include "core/bytes.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
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

    /// Appends `value` as it lies in memory: squashfs is little-endian, as what we run on.
    template <typename T>
    requires std::is_trivially_copyable_v<T>

    void put(const T& value) {
        if (open_bytes_ + sizeof value >= k_metadata_block_bytes)
            return append(std::as_bytes(std::span(&value, 1)));
        std::memcpy(open_.data() + open_bytes_, &value, sizeof value);
        open_bytes_ += sizeof value;
    }

    /// Compresses what is left. Nothing may be appended afterwards.
    void finish();

    const Bytes& table() const { return table_; }

    /// Where each block begins in the table.
    const std::vector<std::uint32_t>& block_starts() const { return block_starts_; }

private:
    void flush();

    std::unique_ptr<BlockCompressor> compressor_;
    std::array<std::byte, k_metadata_block_bytes> open_; ///< the block being filled
    std::size_t open_bytes_ = 0;
    Bytes packed_;
    Bytes table_;
    std::vector<std::uint32_t> block_starts_;
};

} // namespace aic::squashfs

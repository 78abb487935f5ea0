// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/format.hpp"
#include "core/bytes.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aic::squashfs {

enum class CompressionKind { none, gzip, lz4, zstd };

/// How an image's blocks are compressed: what `--compression` takes.
struct Compression {
    CompressionKind kind = CompressionKind::zstd;
    int level = 1; ///< 0 for lz4 and none, which have no levels here

    /// From "zstd", "zstd:3", "gzip:6", "lz4", "none"; throws Error(usage).
    static Compression parse(std::string_view text);
    /// "zstd1", "gzip9", "lz4", "none": the form that records and names of variants use.
    std::string str() const;
    /// From that form; throws Error(integrity).
    static Compression parse_recorded(std::string_view text);
    CompressorId id() const;
    /// The compressor's options as they follow the superblock, without a metadata header; empty
    /// when the defaults of mksquashfs apply.
    Bytes options() const;
    bool operator==(const Compression&) const = default;
};

/// Compresses blocks, one at a time; each thread has its own. The result depends on the input
/// alone.
class BlockCompressor {
public:
    virtual ~BlockCompressor() = default;
    /// The compressed size in `out`, or nothing when it would not be smaller than `block`; `out`
    /// has at least the size of `block`.
    virtual std::optional<std::size_t> compress(std::span<const std::byte> block,
                                                std::span<std::byte> out) = 0;
};

std::unique_ptr<BlockCompressor> make_compressor(const Compression& compression);

/// Undoes any compressor of squashfs. Not shared between threads.
class BlockDecompressor {
public:
    virtual ~BlockDecompressor() = default;
    /// The size of the result in `out`; throws Error(integrity) on damaged input or when `out` is
    /// too small.
    virtual std::size_t decompress(std::span<const std::byte> block, std::span<std::byte> out) = 0;
};

/// Throws Error(integrity) for a number that squashfs does not know.
std::unique_ptr<BlockDecompressor> make_decompressor(CompressorId id);

} // namespace aic::squashfs

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/compression.hpp"
#include "builder/squashfs/format.hpp"
#include "core/bytes.hpp"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <list>
#include <span>
#include <string>
#include <unordered_map>

namespace aic::squashfs {

/// Reads metadata blocks of an image and keeps the last few.
class MetadataReader {
public:
    /// Nothing is read beyond `limit` bytes of the file.
    MetadataReader(int fd, std::filesystem::path path, std::uint64_t limit,
                   BlockDecompressor& decompressor);

    struct Block {
        Bytes bytes;
        std::uint64_t next = 0; ///< the file offset of the block that follows
    };

    /// The block at this offset of the file; valid until 64 others were read.
    const Block& block(std::uint64_t offset);

private:
    static constexpr std::size_t k_cached_blocks = 64;

    Block load(std::uint64_t offset);

    int fd_;
    std::filesystem::path path_;
    std::uint64_t limit_;
    BlockDecompressor& decompressor_;
    std::list<std::pair<std::uint64_t, Block>> recent_; ///< the newest first
    std::unordered_map<std::uint64_t, std::list<std::pair<std::uint64_t, Block>>::iterator> cache_;
};

/// Reads on from a place in a metadata table, across its blocks.
class MetadataCursor {
public:
    /// `block` is a file offset, `offset` within the uncompressed block.
    MetadataCursor(MetadataReader& reader, std::uint64_t block, std::size_t offset);

    void read(std::span<std::byte> out);
    void skip(std::size_t count);
    std::string text(std::size_t count);

    template <typename T>
    T value() {
        T value;
        std::byte bytes[sizeof(T)];
        read(bytes);
        std::memcpy(&value, bytes, sizeof(T));
        return value;
    }

private:
    /// Up to `count` bytes at the cursor, which moves past them.
    std::span<const std::byte> take(std::size_t count);

    MetadataReader& reader_;
    std::uint64_t block_;
    std::size_t offset_;
};

} // namespace aic::squashfs

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/bytes.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

/// Squashfs 4.0 on disk. Numbers are fixed by the format: never renumber.
namespace aic::squashfs {

static_assert(std::endian::native == std::endian::little,
              "squashfs is little-endian, and so are we");

inline constexpr std::uint32_t k_magic = 0x73717368; // "hsqs"
inline constexpr std::uint32_t k_metadata_block_bytes = 8192;
inline constexpr std::uint16_t k_metadata_stored =
    0x8000; ///< in a metadata block's header: not compressed
inline constexpr std::uint32_t k_block_stored = 1U
                                                << 24; ///< in a data block's size: not compressed
inline constexpr std::uint32_t k_no_fragment = 0xFFFFFFFF;
inline constexpr std::uint32_t k_no_xattrs = 0xFFFFFFFF;
inline constexpr std::uint64_t k_no_table = 0xFFFFFFFFFFFFFFFF;
inline constexpr std::uint32_t k_superblock_bytes = 96;
inline constexpr std::uint32_t k_min_block_bytes = 4096;
inline constexpr std::uint32_t k_max_block_bytes = 1 << 20;
inline constexpr std::uint32_t k_max_name_bytes = 256;
inline constexpr std::uint32_t k_max_header_entries = 256; ///< directory entries behind one header
inline constexpr std::uint32_t k_max_ids = 65535;          ///< 16 bits count them
inline constexpr std::uint64_t k_alignment = 4096;         ///< of segments and of the file's end

enum class CompressorId : std::uint16_t { gzip = 1, lzma = 2, lzo = 3, xz = 4, lz4 = 5, zstd = 6 };

enum SuperblockFlags : std::uint16_t {
    flag_inodes_stored = 0x0001,
    flag_data_stored = 0x0002,
    flag_fragments_stored = 0x0008,
    flag_duplicates = 0x0040,
    flag_exportable = 0x0080,
    flag_xattrs_stored = 0x0100,
    flag_no_xattrs = 0x0200,
    flag_compressor_options = 0x0400,
    flag_ids_stored = 0x0800,
};

/// The first 96 bytes of a file system.
struct Superblock {
    std::uint32_t magic;
    std::uint32_t inode_count;
    std::uint32_t mkfs_time;
    std::uint32_t block_bytes;
    std::uint32_t fragment_count;
    std::uint16_t compressor;
    std::uint16_t block_log;
    std::uint16_t flags;
    std::uint16_t id_count;
    std::uint16_t version_major;
    std::uint16_t version_minor;
    std::uint64_t root_inode; ///< reference: metadata block's offset << 16 | offset within it
    std::uint64_t bytes_used;
    std::uint64_t id_table;
    std::uint64_t xattr_table;
    std::uint64_t inode_table;
    std::uint64_t directory_table;
    std::uint64_t fragment_table;
    std::uint64_t export_table;
};

static_assert(sizeof(Superblock) == k_superblock_bytes);

enum class InodeType : std::uint16_t {
    directory = 1,
    file = 2,
    symlink = 3,
    block_device = 4,
    char_device = 5,
    fifo = 6,
    socket = 7,
    extended_directory = 8,
    extended_file = 9,
    extended_symlink = 10,
    extended_block_device = 11,
    extended_char_device = 12,
    extended_fifo = 13,
    extended_socket = 14,
};

/// The extended form of a basic type: the same with an xattr index and more.
constexpr InodeType extended(InodeType basic) {
    return static_cast<InodeType>(static_cast<std::uint16_t>(basic) + 7);
}

/// A fragment table entry.
struct FragmentEntry {
    std::uint64_t start;
    std::uint32_t size; ///< with k_block_stored
    std::uint32_t unused;
};

static_assert(sizeof(FragmentEntry) == 16);

/// An xattr id table entry.
struct XattrIdEntry {
    std::uint64_t reference;
    std::uint32_t count;
    std::uint32_t size_bytes;
};

static_assert(sizeof(XattrIdEntry) == 16);

/// What an xattr's name begins with; the number stands for the prefix on disk.
enum class XattrPrefix : std::uint16_t { user = 0, trusted = 1, security = 2 };
inline constexpr std::uint16_t k_xattr_out_of_line = 0x0100;

/// Appends a fixed-size value to a buffer, as it stands in memory (little-endian).
template <typename T>
requires std::is_trivially_copyable_v<T>

void put(Bytes& out, const T& value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof(T));
}

inline void put_text(Bytes& out, std::string_view text) {
    const auto bytes = as_bytes(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

constexpr std::uint64_t align_up(std::uint64_t offset, std::uint64_t alignment) {
    return (offset + alignment - 1) / alignment * alignment;
}

/// The bytes a data block takes on disk; 0 for a hole.
constexpr std::uint32_t stored_bytes(std::uint32_t block_size) {
    return block_size & ~k_block_stored;
}

} // namespace aic::squashfs

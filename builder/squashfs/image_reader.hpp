// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/entry.hpp"
#include "builder/squashfs/compression.hpp"
#include "builder/squashfs/format.hpp"
#include "builder/squashfs/metadata_reader.hpp"
#include "core/bytes.hpp"
#include "core/fd.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::squashfs {

/// "zstd", "gzip", …
std::string_view name_of(CompressorId id);

/// An inode as it stands in an image.
struct ImageInode {
    InodeType type = InodeType::file; ///< always a basic type
    std::uint16_t mode = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t mtime = 0; ///< Unix time
    std::uint32_t number = 0;
    std::uint32_t link_count = 1;
    std::uint32_t xattr_index = k_no_xattrs;
    std::uint64_t size_bytes = 0; ///< files
    std::uint64_t start = 0;      ///< files: of the first block
    std::uint32_t fragment = k_no_fragment;
    std::uint32_t fragment_offset = 0;
    std::vector<std::uint32_t> block_sizes;
    std::string target; ///< symlinks
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::uint32_t listing_block = 0; ///< directories: in the directory table
    std::uint16_t listing_offset = 0;
    std::uint32_t listing_bytes = 0;
};

/// A name in a directory and where its inode is.
struct ImageName {
    std::string name;
    std::uint64_t inode; ///< a reference, for ImageReader::inode()
};

/// Reads any squashfs 4.0 with any of its compressors. Images come from strangers: every offset,
/// count, name and size is checked, and Error(integrity) says what is wrong. Not shared between
/// threads.
class ImageReader {
public:
    explicit ImageReader(const std::filesystem::path& path);

    const Superblock& superblock() const { return superblock_; }

    std::uint64_t root() const { return superblock_.root_inode; }

    /// What follows the superblock, without its metadata header; empty when nothing does.
    Bytes compressor_options();
    /// An entry of the fragment table, whose block may be anywhere yet.
    FragmentEntry fragment(std::uint32_t index);
    ImageInode inode(std::uint64_t reference);
    std::vector<ImageName> names(const ImageInode& directory);
    std::vector<layers::Xattr> xattrs(const ImageInode& inode);
    /// All bytes of a regular file, holes as zeros.
    void read_file(const ImageInode& file, Sink& sink);
    /// What `path` names: symlinks on the way are followed inside the image, and its last part too
    /// if `follow`. Nothing when there is no such thing.
    enum class Follow { no, yes };
    std::optional<std::uint64_t> find(std::string_view path, Follow follow);

private:
    std::optional<std::uint64_t> find_child(const ImageInode& directory, std::string_view name);
    void check_superblock();
    std::vector<std::uint64_t> read_index(std::uint64_t offset, std::uint64_t count,
                                          std::size_t entry_bytes);
    void read_ids();
    void open_xattrs();
    std::span<const std::byte> read_block(std::uint64_t start, std::uint32_t size,
                                          std::size_t raw_bytes);
    void decode_body(MetadataCursor& cursor, InodeType type, ImageInode& inode);
    void decode_file(MetadataCursor& cursor, bool is_extended, ImageInode& inode);
    void decode_directory(MetadataCursor& cursor, bool is_extended, ImageInode& inode);

    std::filesystem::path path_;
    Fd fd_;
    std::uint64_t file_bytes_ = 0;
    Superblock superblock_{};
    std::unique_ptr<BlockDecompressor> decompressor_;
    std::unique_ptr<MetadataReader> metadata_;
    std::vector<std::uint32_t> ids_;
    std::vector<std::uint64_t> fragment_blocks_; ///< of the fragment table

    struct XattrTables {
        std::uint64_t pairs = 0; ///< offset of the key-value table
        std::uint32_t count = 0;
        std::vector<std::uint64_t> id_blocks;
    };

    std::optional<XattrTables> xattrs_;
    Bytes stored_;
    Bytes raw_;
    std::uint64_t cached_start_ = k_no_table; ///< the block in raw_
    std::size_t cached_bytes_ = 0;
};

} // namespace aic::squashfs

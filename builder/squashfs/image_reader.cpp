// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/image_reader.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <bit>

namespace aic::squashfs {

namespace {

/// Bounds what a hostile image can make us allocate; as the writer's own bound.
constexpr std::uint64_t k_max_blocks = 1U << 24;
constexpr std::uint32_t k_max_symlink_bytes = 65535;
constexpr std::uint32_t k_max_fragments = 1U << 28;

bool is_extended(InodeType type) {
    return type > InodeType::socket;
}

InodeType basic(InodeType type) {
    return is_extended(type) ? static_cast<InodeType>(static_cast<std::uint16_t>(type) - 7) : type;
}

} // namespace

std::string_view name_of(CompressorId id) {
    switch (id) {
    case CompressorId::gzip:
        return "gzip";
    case CompressorId::lzma:
        return "lzma";
    case CompressorId::lzo:
        return "lzo";
    case CompressorId::xz:
        return "xz";
    case CompressorId::lz4:
        return "lz4";
    case CompressorId::zstd:
        return "zstd";
    }
    return "unknown";
}

ImageReader::ImageReader(const std::filesystem::path& path)
    : path_(path)
    , fd_(open_file(path, O_RDONLY)) {
    in_context(
        [&] { return fmt::format("reading '{}'", path.native()); },
        [&] {
            file_bytes_ = static_cast<std::uint64_t>(fstat_of(fd_.get(), path).st_size);
            check_superblock();
            decompressor_ = make_decompressor(static_cast<CompressorId>(superblock_.compressor));
            metadata_ = std::make_unique<MetadataReader>(fd_.get(), path, superblock_.bytes_used,
                                                         *decompressor_);
            raw_.resize(superblock_.block_bytes);
            read_ids();
            if (superblock_.fragment_count > k_max_fragments)
                throw Error(ErrorKind::integrity, "{} fragments are more than an image can have",
                            superblock_.fragment_count);
            if (superblock_.fragment_count > 0)
                fragment_blocks_ = read_index(superblock_.fragment_table,
                                              superblock_.fragment_count, sizeof(FragmentEntry));
            if (superblock_.xattr_table != k_no_table)
                open_xattrs();
        });
}

void ImageReader::check_superblock() {
    if (file_bytes_ < sizeof superblock_)
        throw Error(ErrorKind::integrity, "this is no squashfs image: it has {} bytes",
                    file_bytes_);
    pread_exact(fd_.get(), std::as_writable_bytes(std::span(&superblock_, 1)), 0, path_);
    if (superblock_.magic != k_magic)
        throw Error(ErrorKind::integrity, "this is no squashfs image");
    if (superblock_.version_major != 4 || superblock_.version_minor != 0)
        throw Error(ErrorKind::integrity, "this is squashfs {}.{}, and only 4.0 is read",
                    superblock_.version_major, superblock_.version_minor);
    if (superblock_.block_bytes < k_min_block_bytes || superblock_.block_bytes > k_max_block_bytes
        || !std::has_single_bit(superblock_.block_bytes)
        || std::countr_zero(superblock_.block_bytes) != superblock_.block_log)
        throw Error(ErrorKind::integrity, "the block size {} is none of squashfs",
                    superblock_.block_bytes);
    if (superblock_.bytes_used > file_bytes_)
        throw Error(ErrorKind::integrity, "the image has {} bytes where its superblock says {}",
                    file_bytes_, superblock_.bytes_used);
    if (superblock_.id_count == 0)
        throw Error(ErrorKind::integrity, "the image has no owners");
}

/// The file offsets of a table's metadata blocks, listed at `offset`.
std::vector<std::uint64_t> ImageReader::read_index(std::uint64_t offset, std::uint64_t count,
                                                   std::size_t entry_bytes) {
    const auto blocks = (count * entry_bytes + k_metadata_block_bytes - 1) / k_metadata_block_bytes;
    if (offset > superblock_.bytes_used
        || (superblock_.bytes_used - offset) / sizeof(std::uint64_t) < blocks)
        throw Error(ErrorKind::integrity, "a table at {} is outside the image", offset);
    std::vector<std::uint64_t> index(blocks);
    pread_exact(fd_.get(), std::as_writable_bytes(std::span(index)), offset, path_);
    return index;
}

void ImageReader::read_ids() {
    const auto blocks =
        read_index(superblock_.id_table, superblock_.id_count, sizeof(std::uint32_t));
    MetadataCursor cursor(*metadata_, blocks.front(), 0);
    for (std::uint32_t i = 0; i < superblock_.id_count; ++i)
        ids_.push_back(cursor.value<std::uint32_t>());
}

Bytes ImageReader::compressor_options() {
    constexpr std::size_t k_most_bytes = 256; // those of squashfs 4.0 have up to 8
    if (!(superblock_.flags & flag_compressor_options))
        return {};
    auto options = metadata_->block(sizeof superblock_).bytes;
    if (options.size() > k_most_bytes)
        throw Error(ErrorKind::integrity, "the compressor has {} bytes of options", options.size());
    return options;
}

FragmentEntry ImageReader::fragment(std::uint32_t index) {
    if (index >= superblock_.fragment_count)
        throw Error(ErrorKind::integrity, "the fragment {} is none of the image's {}", index,
                    superblock_.fragment_count);
    constexpr std::size_t k_per_block = k_metadata_block_bytes / sizeof(FragmentEntry);
    MetadataCursor cursor(*metadata_, fragment_blocks_[index / k_per_block],
                          index % k_per_block * sizeof(FragmentEntry));
    return cursor.value<FragmentEntry>();
}

ImageInode ImageReader::inode(std::uint64_t reference) {
    const auto block = reference >> 16;
    if (block > superblock_.bytes_used)
        throw Error(ErrorKind::integrity, "the inode {:#x} is outside the image", reference);
    MetadataCursor cursor(*metadata_, superblock_.inode_table + block, reference & 0xFFFF);
    ImageInode inode;
    const auto type = cursor.value<InodeType>();
    if (type < InodeType::directory || type > InodeType::extended_socket)
        throw Error(ErrorKind::integrity, "the inode {:#x} has the unknown type {}", reference,
                    static_cast<unsigned>(type));
    inode.type = basic(type);
    inode.mode = cursor.value<std::uint16_t>() & 07777;
    const auto uid = cursor.value<std::uint16_t>();
    const auto gid = cursor.value<std::uint16_t>();
    if (uid >= ids_.size() || gid >= ids_.size())
        throw Error(ErrorKind::integrity, "the inode {:#x} has an owner that is not in the table",
                    reference);
    inode.uid = ids_[uid];
    inode.gid = ids_[gid];
    inode.mtime = cursor.value<std::uint32_t>();
    inode.number = cursor.value<std::uint32_t>();
    decode_body(cursor, type, inode);
    return inode;
}

void ImageReader::decode_body(MetadataCursor& cursor, InodeType type, ImageInode& inode) {
    switch (inode.type) {
    case InodeType::directory:
        return decode_directory(cursor, is_extended(type), inode);
    case InodeType::file:
        return decode_file(cursor, is_extended(type), inode);
    case InodeType::symlink: {
        inode.link_count = cursor.value<std::uint32_t>();
        const auto size = cursor.value<std::uint32_t>();
        if (size > k_max_symlink_bytes)
            throw Error(ErrorKind::integrity, "a symlink has a target of {} bytes", size);
        inode.target = cursor.text(size);
        break;
    }
    case InodeType::block_device:
    case InodeType::char_device: {
        inode.link_count = cursor.value<std::uint32_t>();
        const auto device = cursor.value<std::uint32_t>();
        inode.device_major = (device >> 8) & 0xFFF;
        inode.device_minor = (device & 0xFF) | ((device >> 12) & 0xFFF00);
        break;
    }
    default:
        inode.link_count = cursor.value<std::uint32_t>();
        break;
    }
    if (is_extended(type))
        inode.xattr_index = cursor.value<std::uint32_t>();
}

void ImageReader::decode_directory(MetadataCursor& cursor, bool is_extended, ImageInode& inode) {
    if (is_extended) {
        inode.link_count = cursor.value<std::uint32_t>();
        inode.listing_bytes = cursor.value<std::uint32_t>();
        inode.listing_block = cursor.value<std::uint32_t>();
        cursor.skip(4 + 2); // the parent, the number of index entries
        inode.listing_offset = cursor.value<std::uint16_t>();
        inode.xattr_index = cursor.value<std::uint32_t>();
    } else {
        inode.listing_block = cursor.value<std::uint32_t>();
        inode.link_count = cursor.value<std::uint32_t>();
        inode.listing_bytes = cursor.value<std::uint16_t>();
        inode.listing_offset = cursor.value<std::uint16_t>();
    }
}

void ImageReader::decode_file(MetadataCursor& cursor, bool is_extended, ImageInode& inode) {
    if (is_extended) {
        inode.start = cursor.value<std::uint64_t>();
        inode.size_bytes = cursor.value<std::uint64_t>();
        cursor.skip(8); // bytes in holes
        inode.link_count = cursor.value<std::uint32_t>();
        inode.fragment = cursor.value<std::uint32_t>();
        inode.fragment_offset = cursor.value<std::uint32_t>();
        inode.xattr_index = cursor.value<std::uint32_t>();
    } else {
        inode.start = cursor.value<std::uint32_t>();
        inode.fragment = cursor.value<std::uint32_t>();
        inode.fragment_offset = cursor.value<std::uint32_t>();
        inode.size_bytes = cursor.value<std::uint32_t>();
    }
    const std::uint64_t block_bytes = superblock_.block_bytes;
    const auto whole = inode.size_bytes / block_bytes;
    const bool has_short_block =
        inode.fragment == k_no_fragment && inode.size_bytes % block_bytes != 0;
    const auto count = whole + (has_short_block ? 1 : 0);
    if (count > k_max_blocks)
        throw Error(ErrorKind::integrity, "a file has {} blocks", count);
    // Piece by piece, so that a list the image does not hold is found out before it is allocated.
    for (std::uint64_t i = 0; i < count; ++i)
        inode.block_sizes.push_back(cursor.value<std::uint32_t>());
}

} // namespace aic::squashfs

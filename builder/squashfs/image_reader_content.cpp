// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/path.hpp"
#include "builder/squashfs/image_reader.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

#include <algorithm>
#include <array>

/// The half of ImageReader that follows inodes to names, bytes and attributes.
namespace aic::squashfs {

namespace {

constexpr std::uint32_t k_phantom_bytes = 3; // "." and ".." count as three bytes and are not stored
constexpr std::uint32_t k_max_listing_bytes = 256U << 20;
constexpr std::uint32_t k_max_xattr_bytes = 1U << 20; ///< of one inode
constexpr int k_max_links = 40;
constexpr std::array<std::string_view, 3> k_xattr_prefixes = {"user.", "trusted.", "security."};

void write_zeros(Sink& sink, std::uint64_t count) {
    static constexpr std::array<std::byte, 4096> k_zeros{};
    while (count > 0) {
        const auto some = std::min<std::uint64_t>(count, k_zeros.size());
        sink.write(std::span(k_zeros).first(some));
        count -= some;
    }
}

} // namespace

std::vector<ImageName> ImageReader::names(const ImageInode& directory) {
    if (directory.type != InodeType::directory)
        throw Error(ErrorKind::integrity, "an inode is listed that is no directory");
    if (directory.listing_bytes > k_max_listing_bytes)
        throw Error(ErrorKind::integrity, "a directory has a listing of {}",
                    human_size(directory.listing_bytes));
    std::vector<ImageName> names;
    if (directory.listing_bytes <= k_phantom_bytes)
        return names;
    std::uint64_t left = directory.listing_bytes - k_phantom_bytes;
    const auto take = [&](std::uint64_t bytes) {
        if (bytes > left)
            throw Error(ErrorKind::integrity, "a directory's listing ends within a line");
        left -= bytes;
    };
    MetadataCursor cursor(*metadata_, superblock_.directory_table + directory.listing_block,
                          directory.listing_offset);
    while (left > 0) {
        take(12);
        const auto count = std::uint64_t{cursor.value<std::uint32_t>()} + 1;
        const std::uint64_t block = cursor.value<std::uint32_t>();
        cursor.skip(4); // the inode number that the lines' differences refer to
        if (count > k_max_header_entries)
            throw Error(ErrorKind::integrity, "a directory has {} lines behind one header", count);
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto offset = cursor.value<std::uint16_t>();
            cursor.skip(2 + 2); // the difference of inode numbers, the type
            const auto size = std::size_t{cursor.value<std::uint16_t>()} + 1;
            if (size > k_max_name_bytes)
                throw Error(ErrorKind::integrity, "a name has {} bytes", size);
            take(8 + size);
            auto name = cursor.text(size);
            if (name == "." || name == ".."
                || name.find_first_of(std::string_view("/\0", 2)) != std::string::npos)
                throw Error(ErrorKind::integrity, "'{}' is no name for a file", printable(name));
            names.push_back({std::move(name), (block << 16) | offset});
        }
    }
    return names;
}

std::span<const std::byte> ImageReader::read_block(std::uint64_t start, std::uint32_t size,
                                                   std::size_t raw_bytes) {
    if (start == cached_start_)
        return std::span(raw_).first(cached_bytes_);
    const auto bytes = stored_bytes(size);
    if (bytes == 0 || bytes > superblock_.block_bytes || start > superblock_.bytes_used
        || superblock_.bytes_used - start < bytes)
        throw Error(ErrorKind::integrity, "a data block of {} bytes at {} is outside the image",
                    bytes, start);
    cached_start_ = k_no_table; // until what follows has worked
    if (size & k_block_stored) {
        cached_bytes_ = bytes;
        pread_exact(fd_.get(), std::span(raw_).first(bytes), start, path_);
    } else {
        stored_.resize(bytes);
        pread_exact(fd_.get(), stored_, start, path_);
        cached_bytes_ = decompressor_->decompress(stored_, std::span(raw_).first(raw_bytes));
    }
    cached_start_ = start;
    return std::span(raw_).first(cached_bytes_);
}

void ImageReader::read_file(const ImageInode& file, Sink& sink) {
    if (file.type != InodeType::file)
        throw Error(ErrorKind::usage, "this is no regular file");
    const std::uint64_t block_bytes = superblock_.block_bytes;
    auto start = file.start;
    auto left = file.size_bytes;
    for (const auto size : file.block_sizes) {
        const auto raw_bytes = std::min(left, block_bytes);
        if (size == 0) {
            write_zeros(sink, raw_bytes);
        } else {
            const auto block = read_block(start, size, raw_bytes);
            if (block.size() != raw_bytes)
                throw Error(ErrorKind::integrity, "a block has {} bytes where {} belong",
                            block.size(), raw_bytes);
            sink.write(block);
        }
        start += stored_bytes(size);
        left -= raw_bytes;
    }
    if (file.fragment == k_no_fragment || left == 0)
        return;
    const auto entry = fragment(file.fragment);
    const auto block = read_block(entry.start, entry.size, block_bytes);
    if (file.fragment_offset > block.size() || block.size() - file.fragment_offset < left)
        throw Error(ErrorKind::integrity, "a file's end is outside its fragment block");
    sink.write(block.subspan(file.fragment_offset, left));
}

void ImageReader::open_xattrs() {
    XattrTables tables;
    const auto offset = superblock_.xattr_table;

    struct Header {
        std::uint64_t pairs;
        std::uint32_t count;
        std::uint32_t unused;
    } header;

    if (offset > superblock_.bytes_used || superblock_.bytes_used - offset < sizeof header)
        throw Error(ErrorKind::integrity, "the xattr table is outside the image");
    pread_exact(fd_.get(), std::as_writable_bytes(std::span(&header, 1)), offset, path_);
    tables.pairs = header.pairs;
    tables.count = header.count;
    tables.id_blocks = read_index(offset + sizeof header, header.count, sizeof(XattrIdEntry));
    xattrs_ = std::move(tables);
}

std::vector<layers::Xattr> ImageReader::xattrs(const ImageInode& inode) {
    std::vector<layers::Xattr> found;
    if (inode.xattr_index == k_no_xattrs || !xattrs_)
        return found;
    if (inode.xattr_index >= xattrs_->count)
        throw Error(ErrorKind::integrity, "the attribute set {} is none of the image's {}",
                    inode.xattr_index, xattrs_->count);
    constexpr std::size_t k_per_block = k_metadata_block_bytes / sizeof(XattrIdEntry);
    MetadataCursor ids(*metadata_, xattrs_->id_blocks[inode.xattr_index / k_per_block],
                       inode.xattr_index % k_per_block * sizeof(XattrIdEntry));
    const auto set = ids.value<XattrIdEntry>();
    MetadataCursor cursor(*metadata_, xattrs_->pairs + (set.reference >> 16),
                          set.reference & 0xFFFF);
    std::uint64_t total = 0;
    const auto sized_text = [&](MetadataCursor& from, std::uint64_t size) {
        total += size + 8;
        if (total > k_max_xattr_bytes)
            throw Error(ErrorKind::integrity, "an inode has more than {} of attributes",
                        human_size(k_max_xattr_bytes));
        return from.text(size);
    };
    for (std::uint32_t i = 0; i < set.count; ++i) {
        const auto type = cursor.value<std::uint16_t>();
        const auto prefix = type & 0xFFU;
        if (prefix >= k_xattr_prefixes.size())
            throw Error(ErrorKind::integrity, "an attribute has the unknown prefix {}", prefix);
        layers::Xattr xattr;
        const auto name_bytes = cursor.value<std::uint16_t>();
        xattr.name = std::string(k_xattr_prefixes[prefix]) + sized_text(cursor, name_bytes);
        const auto value_bytes = cursor.value<std::uint32_t>();
        if (type & k_xattr_out_of_line) {
            if (value_bytes != sizeof(std::uint64_t))
                throw Error(ErrorKind::integrity, "an attribute's value is nowhere");
            const auto reference = cursor.value<std::uint64_t>();
            MetadataCursor elsewhere(*metadata_, xattrs_->pairs + (reference >> 16),
                                     reference & 0xFFFF);
            const auto size = elsewhere.value<std::uint32_t>();
            xattr.value = sized_text(elsewhere, size);
        } else {
            xattr.value = sized_text(cursor, value_bytes);
        }
        found.push_back(std::move(xattr));
    }
    std::ranges::sort(found);
    return found;
}

std::optional<std::uint64_t> ImageReader::find_child(const ImageInode& directory,
                                                     std::string_view name) {
    for (auto& entry : names(directory))
        if (entry.name == name)
            return entry.inode;
    return std::nullopt;
}

std::optional<std::uint64_t> ImageReader::find(std::string_view path, Follow follow) {
    std::vector<std::uint64_t> trail = {root()}; // the directories from the root down to here
    std::vector<std::string> parts;              // still to walk, the next one last
    const auto push = [&](std::string_view text) {
        for (; !text.empty(); text = layers::parent_of(text))
            if (const auto part = layers::base_of(text); !part.empty() && part != ".")
                parts.emplace_back(part);
    };
    push(path);
    int links = 0;
    while (!parts.empty()) {
        const auto part = std::move(parts.back());
        parts.pop_back();
        if (part == "..") {
            if (trail.size() > 1)
                trail.pop_back();
            continue;
        }
        const auto here = inode(trail.back());
        const auto next = here.type == InodeType::directory ? find_child(here, part) : std::nullopt;
        if (!next)
            return std::nullopt;
        const auto found = inode(*next);
        if (found.type == InodeType::symlink && (!parts.empty() || follow == Follow::yes)) {
            if (++links > k_max_links)
                throw Error(ErrorKind::integrity,
                            "the symlinks on the way of '{}' go round in a loop", printable(path));
            if (found.target.starts_with('/'))
                trail.resize(1);
            push(found.target);
            continue;
        }
        trail.push_back(*next);
    }
    return trail.back();
}

} // namespace aic::squashfs

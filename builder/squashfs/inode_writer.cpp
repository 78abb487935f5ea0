// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/inode_writer.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <limits>

namespace aic::squashfs {

using layers::EntryType;
using layers::Inode;

namespace {

constexpr std::uint64_t k_max_32 = std::numeric_limits<std::uint32_t>::max();

/// Squashfs has 32 unsigned bits for a time.
std::uint32_t clamp_time(std::int64_t seconds) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, k_max_32));
}

/// As the kernel's new_encode_dev().
std::uint32_t encode_device(std::uint32_t major, std::uint32_t minor) {
    return (minor & 0xFF) | (major << 8) | ((minor & ~0xFFU) << 12);
}

/// Where a file's data are in the image.
struct FilePlace {
    std::uint64_t size_bytes = 0;
    std::uint64_t start = 0;
    std::uint32_t fragment = k_no_fragment;
    std::uint32_t fragment_offset = 0;
    std::span<const std::uint32_t> blocks;
    std::uint64_t hole_bytes = 0;
};

FilePlace place_of(const Inode& inode, std::span<const PlacedSegment> segments) {
    if (inode.content == layers::k_none)
        return {};
    const auto& segment = segments[inode.layer];
    const auto& content = segment.data->contents.at(inode.content);
    FilePlace place{.size_bytes = content.size_bytes};
    if (content.fragment != k_no_fragment) {
        place.fragment = segment.first_fragment + content.fragment;
        place.fragment_offset = content.fragment_offset;
    }
    place.blocks = segment.data->blocks_of(content);
    if (place.blocks.empty())
        return place;
    place.start = segment.offset + content.start;
    const std::uint64_t block_bytes = segment.data->block_bytes;
    for (std::size_t i = 0; i < place.blocks.size(); ++i)
        if (place.blocks[i] == 0)
            place.hole_bytes += std::min(block_bytes, place.size_bytes - i * block_bytes);
    return place;
}

} // namespace

InodeType basic_type_of(EntryType type) {
    switch (type) {
    case EntryType::file:
        return InodeType::file;
    case EntryType::directory:
        return InodeType::directory;
    case EntryType::symlink:
        return InodeType::symlink;
    case EntryType::char_device:
        return InodeType::char_device;
    case EntryType::block_device:
        return InodeType::block_device;
    case EntryType::fifo:
        return InodeType::fifo;
    default:
        throw Error(ErrorKind::system, "a {} is in the merged tree", name_of(type));
    }
}

InodeWriter::InodeWriter(const layers::Tree& tree, std::span<const PlacedSegment> segments,
                         const Compression& compression)
    : tree_(tree)
    , segments_(segments)
    , table_(compression)
    , xattrs_(compression) {}

void InodeWriter::header(const Inode& inode, InodeType type, std::uint32_t number) {
    table_.put(type);
    table_.put(inode.mode);
    table_.put(ids_.index_of(inode.uid));
    table_.put(ids_.index_of(inode.gid));
    table_.put(clamp_time(inode.mtime_seconds));
    table_.put(number);
}

std::uint32_t InodeWriter::xattr_index(layers::XattrSetId set) {
    if (set == 0)
        return k_no_xattrs;
    if (set >= xattr_indexes_.size())
        xattr_indexes_.resize(set + 1, k_no_xattrs);
    auto& index = xattr_indexes_[set];
    if (index == k_no_xattrs)
        index = xattrs_.add(tree_.xattrs(set));
    return index;
}

MetadataPosition InodeWriter::write(const Inode& inode, const Identity& identity) {
    const auto position = table_.position();
    const auto xattrs = xattr_index(inode.xattrs);
    switch (inode.type) {
    case EntryType::file:
        file(inode, identity, xattrs);
        break;
    case EntryType::symlink:
        symlink(inode, identity, xattrs);
        break;
    default:
        special(inode, identity, xattrs);
    }
    return position;
}

void InodeWriter::file(const Inode& inode, const Identity& identity, std::uint32_t xattrs) {
    const auto place = place_of(inode, segments_);
    const bool basic = identity.link_count == 1 && xattrs == k_no_xattrs && place.hole_bytes == 0
                       && place.size_bytes <= k_max_32 && place.start <= k_max_32;
    header(inode, basic ? InodeType::file : InodeType::extended_file, identity.number);
    if (basic) {
        table_.put(static_cast<std::uint32_t>(place.start));
        table_.put(place.fragment);
        table_.put(place.fragment_offset);
        table_.put(static_cast<std::uint32_t>(place.size_bytes));
    } else {
        table_.put(place.start);
        table_.put(place.size_bytes);
        table_.put(place.hole_bytes);
        table_.put(identity.link_count);
        table_.put(place.fragment);
        table_.put(place.fragment_offset);
        table_.put(xattrs);
    }
    table_.append(std::as_bytes(place.blocks));
}

void InodeWriter::symlink(const Inode& inode, const Identity& identity, std::uint32_t xattrs) {
    const bool basic = xattrs == k_no_xattrs;
    header(inode, basic ? InodeType::symlink : InodeType::extended_symlink, identity.number);
    const auto& target = tree_.target(inode.target);
    table_.put(identity.link_count);
    table_.put(static_cast<std::uint32_t>(target.size()));
    table_.append(as_bytes(target));
    if (!basic)
        table_.put(xattrs);
}

void InodeWriter::special(const Inode& inode, const Identity& identity, std::uint32_t xattrs) {
    const bool basic = xattrs == k_no_xattrs;
    const auto type = basic_type_of(inode.type);
    header(inode, basic ? type : extended(type), identity.number);
    table_.put(identity.link_count);
    if (inode.type != EntryType::fifo)
        table_.put(encode_device(inode.device_major, inode.device_minor));
    if (!basic)
        table_.put(xattrs);
}

MetadataPosition InodeWriter::write_directory(const Inode& inode, const Identity& identity,
                                              std::uint32_t parent_number,
                                              const DirectoryListing& listing) {
    constexpr std::uint32_t k_phantom_bytes =
        3; // "." and "..", which are not stored, count as three bytes
    const auto position = table_.position();
    const auto xattrs = xattr_index(inode.xattrs);
    const auto size = listing.size_bytes + k_phantom_bytes;
    const bool basic = xattrs == k_no_xattrs && size <= std::numeric_limits<std::uint16_t>::max();
    header(inode, basic ? InodeType::directory : InodeType::extended_directory, identity.number);
    if (basic) {
        table_.put(listing.start.block);
        table_.put(identity.link_count);
        table_.put(static_cast<std::uint16_t>(size));
        table_.put(listing.start.offset);
        table_.put(parent_number);
        return position;
    }
    // The index saves time only; what exceeds its 16-bit count is found by reading on from the last
    // entry.
    const auto index =
        std::span(listing.index).first(std::min<std::size_t>(listing.index.size(), 0xFFFF));
    table_.put(identity.link_count);
    table_.put(size);
    table_.put(listing.start.block);
    table_.put(parent_number);
    table_.put(static_cast<std::uint16_t>(index.size()));
    table_.put(listing.start.offset);
    table_.put(xattrs);
    for (const auto& entry : index) {
        table_.put(entry.listing_offset);
        table_.put(entry.block);
        table_.put(static_cast<std::uint32_t>(entry.name.size() - 1));
        table_.append(as_bytes(entry.name));
    }
    return position;
}

} // namespace aic::squashfs

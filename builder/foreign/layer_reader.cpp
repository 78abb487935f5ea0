// SPDX-License-Identifier: Apache-2.0
#include "builder/foreign/layer_reader.hpp"

#include "builder/squashfs/xattr_table.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/printable.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace aic::foreign {

using layers::EntryType;
using squashfs::ImageInode;
using squashfs::InodeType;

namespace {

// Against bombs (docs/decisions/0007-bomb-limits.md).
constexpr std::uint64_t k_max_tree_bytes = 2ULL << 30;
constexpr std::size_t k_max_path_bytes = 64 << 10;
constexpr std::size_t k_max_name_bytes = 255;
constexpr std::size_t k_max_target_bytes = 4095;

EntryType entry_type(InodeType type) {
    switch (type) {
    case InodeType::directory:
        return EntryType::directory;
    case InodeType::symlink:
        return EntryType::symlink;
    case InodeType::char_device:
        return EntryType::char_device;
    case InodeType::block_device:
        return EntryType::block_device;
    case InodeType::fifo:
        return EntryType::fifo;
    default:
        return EntryType::file;
    }
}

/// Walks a tree once, without recursion, since strangers decide how deep it is.
class LayerReader {
public:
    explicit LayerReader(squashfs::ImageReader& image) : image_(image), entries_(index_) {
        auto& segment = index_.segment;
        segment.block_bytes = image.superblock().block_bytes;
        segment.length_bytes = data_bytes(image.superblock());
    }

    layers::LayerIndex run() {
        read_fragments();
        visit(image_.root());
        if (open_.empty())
            throw Error(ErrorKind::integrity, "the root is no directory");
        while (!open_.empty()) {
            auto& directory = open_.back();
            if (directory.next == directory.names.size()) {
                open_.pop_back();
                continue;
            }
            const auto& name = directory.names[directory.next++];
            path_.resize(directory.path_bytes);
            if (!path_.empty())
                path_ += '/';
            path_ += name.name;
            const auto reference = name.inode; // visit() may move the names
            in_context([&] { return fmt::format("'{}'", printable(path_)); },
                       [&] { visit(reference); });
        }
        if (sockets_ > 0)
            debug("{} sockets are no part of the layer", sockets_);
        return std::move(index_);
    }

private:
    /// A directory whose entries are being visited.
    struct OpenDirectory {
        std::vector<squashfs::ImageName> names;
        std::size_t next = 0;
        std::size_t path_bytes = 0; ///< of its path, within path_
    };

    void read_fragments();
    void visit(std::uint64_t reference);
    void enter(const ImageInode& directory, std::uint64_t reference);
    layers::LayerEntry entry_of(const ImageInode& inode);
    std::uint32_t add_content(const ImageInode& file);
    void place_tail(const ImageInode& file, squashfs::Content& content) const;
    void require_within(std::uint64_t start, std::uint64_t bytes) const;
    void append(const layers::LayerEntry& entry);
    void spend(std::uint64_t bytes);

    squashfs::ImageReader& image_;
    layers::LayerIndex index_;
    layers::EntryWriter entries_;
    std::string path_; ///< of what is being visited
    std::vector<OpenDirectory> open_;
    std::unordered_set<std::uint64_t> directories_;               ///< by reference
    std::unordered_map<std::uint64_t, std::string> linked_files_; ///< reference → its first path
    std::uint32_t inodes_ = 0;
    std::uint64_t tree_bytes_ = 0;
    std::size_t sockets_ = 0;
};

void LayerReader::read_fragments() {
    auto& segment = index_.segment;
    const auto count = image_.superblock().fragment_count;
    spend(std::uint64_t{count} * sizeof(squashfs::FragmentEntry));
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto fragment = image_.fragment(i);
        const auto bytes = squashfs::stored_bytes(fragment.size);
        if (bytes == 0 || bytes > segment.block_bytes)
            throw Error(ErrorKind::integrity, "a fragment block has {} bytes", bytes);
        require_within(fragment.start, bytes);
        segment.fragments.push_back({fragment.start, fragment.size, 0});
    }
}

void LayerReader::visit(std::uint64_t reference) {
    if (const auto first = linked_files_.find(reference); first != linked_files_.end())
        return append({.type = EntryType::hardlink, .path = path_, .target = first->second});
    const auto inode = image_.inode(reference);
    if (++inodes_ > image_.superblock().inode_count)
        throw Error(ErrorKind::integrity,
                    "this is one inode more than the {} that the superblock says",
                    image_.superblock().inode_count);
    if (inode.type == InodeType::socket) {
        ++sockets_;
        return;
    }
    append(entry_of(inode));
    if (inode.type == InodeType::directory) {
        enter(inode, reference);
    } else if (inode.link_count > 1) {
        spend(path_.size());
        linked_files_.emplace(reference, path_);
    }
}

/// A directory has one name; one that comes again would be a loop, or grow without end.
void LayerReader::enter(const ImageInode& directory, std::uint64_t reference) {
    if (!directories_.insert(reference).second)
        throw Error(ErrorKind::integrity, "this directory is in the tree twice");
    spend(directory.listing_bytes);
    auto names = image_.names(directory);
    std::ranges::sort(names, {}, &squashfs::ImageName::name);
    const auto twice = std::ranges::adjacent_find(names, {}, &squashfs::ImageName::name);
    if (twice != names.end())
        throw Error(ErrorKind::integrity, "the name '{}' is there twice", printable(twice->name));
    for (const auto& name : names)
        if (name.name.size() > k_max_name_bytes
            || path_.size() + 1 + name.name.size() > k_max_path_bytes)
            throw Error(ErrorKind::integrity, "the name '{}' is too long for this place",
                        printable(name.name));
    open_.push_back({std::move(names), 0, path_.size()});
}

layers::LayerEntry LayerReader::entry_of(const ImageInode& inode) {
    layers::LayerEntry entry{
        .type = entry_type(inode.type),
        .path = path_,
        .mode = inode.mode,
        .uid = inode.uid,
        .gid = inode.gid,
        .mtime_seconds = inode.mtime,
        .target = inode.target,
        .device_major = inode.device_major,
        .device_minor = inode.device_minor,
        .xattrs = image_.xattrs(inode),
    };
    if (inode.type == InodeType::symlink
        && (inode.target.empty() || inode.target.size() > k_max_target_bytes
            || inode.target.find('\0') != std::string::npos))
        throw Error(ErrorKind::integrity, "a symlink with a target of {} bytes that leads nowhere",
                    inode.target.size());
    for (const auto& xattr : entry.xattrs)
        if (!squashfs::can_hold_xattr(xattr.name))
            throw Error(ErrorKind::integrity, "'{}' is no name for an attribute",
                        printable(xattr.name));
    if (inode.type == InodeType::file && inode.size_bytes > 0)
        entry.content = add_content(inode);
    return entry;
}

std::uint32_t LayerReader::add_content(const ImageInode& file) {
    auto& segment = index_.segment;
    squashfs::Content content{.size_bytes = file.size_bytes,
                              .first_block =
                                  static_cast<std::uint32_t>(segment.block_sizes.size())};
    place_tail(file, content);
    std::uint64_t stored = 0;
    for (const auto size : file.block_sizes) {
        const auto bytes = squashfs::stored_bytes(size);
        if (bytes > segment.block_bytes || (bytes == 0 && size != 0))
            throw Error(ErrorKind::integrity, "a block has {} bytes", bytes);
        stored += bytes;
    }
    if (stored > 0) { // else there are holes at most, which are nowhere
        require_within(file.start, stored);
        content.start = file.start;
    }
    spend(sizeof content + file.block_sizes.size() * sizeof(std::uint32_t));
    segment.block_sizes.insert(segment.block_sizes.end(), file.block_sizes.begin(),
                               file.block_sizes.end());
    segment.contents.push_back(content);
    return static_cast<std::uint32_t>(segment.contents.size() - 1);
}

/// A file without a rest may still name a fragment block: that means nothing.
void LayerReader::place_tail(const ImageInode& file, squashfs::Content& content) const {
    const auto& segment = index_.segment;
    const auto rest = file.size_bytes % segment.block_bytes;
    if (file.fragment == squashfs::k_no_fragment || rest == 0)
        return;
    if (file.fragment >= segment.fragments.size())
        throw Error(ErrorKind::integrity, "the fragment {} is none of the image's {}",
                    file.fragment, segment.fragments.size());
    if (file.fragment_offset > segment.block_bytes
        || rest > segment.block_bytes - file.fragment_offset)
        throw Error(ErrorKind::integrity, "the file's end is outside its fragment block");
    content.fragment = file.fragment;
    content.fragment_offset = file.fragment_offset;
}

void LayerReader::require_within(std::uint64_t start, std::uint64_t bytes) const {
    const auto length = index_.segment.length_bytes;
    if (start < squashfs::k_superblock_bytes || start > length || bytes > length - start)
        throw Error(ErrorKind::integrity, "{} bytes of data at {} are outside the data area", bytes,
                    start);
}

void LayerReader::append(const layers::LayerEntry& entry) {
    const auto before = index_.entries.size();
    entries_.append(entry);
    spend(index_.entries.size() - before);
}

/// Bounds the memory that all of it takes.
void LayerReader::spend(std::uint64_t bytes) {
    tree_bytes_ += bytes;
    if (tree_bytes_ > k_max_tree_bytes)
        throw Error(ErrorKind::integrity, "the image's tree takes more than {}",
                    human_size(k_max_tree_bytes));
}

} // namespace

layers::LayerIndex read_layer(squashfs::ImageReader& image) {
    return LayerReader(image).run();
}

std::uint64_t data_bytes(const squashfs::Superblock& superblock) {
    const auto end = std::min(superblock.inode_table, superblock.directory_table);
    if (end < squashfs::k_superblock_bytes || end > superblock.bytes_used)
        throw Error(ErrorKind::integrity, "the inode table is outside the image");
    return end;
}

squashfs::ForeignCompressor compressor_of(squashfs::ImageReader& image) {
    return {static_cast<squashfs::CompressorId>(image.superblock().compressor),
            image.compressor_options()};
}

} // namespace aic::foreign

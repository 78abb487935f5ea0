// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/image_tables.hpp"

#include "builder/squashfs/inode_writer.hpp"
#include "builder/squashfs/tree_order.hpp"
#include "core/error.hpp"

#include <algorithm>
#include <bit>

namespace aic::squashfs {

namespace {

using layers::NodeId;
using layers::Tree;

/// Writes inodes and directories. Directories are worked off children first, since a directory's
/// inode holds the place of its listing, and the listing the places of its children's inodes.
class TreeWriter {
public:
    TreeWriter(const Tree& tree, std::span<const PlacedSegment> segments,
               const TableOptions& options)
        : tree_(tree)
        , order_(tree)
        , inodes_(tree, segments, options.compression)
        , listings_(options.compression)
        , positions_(tree.inode_count(), k_unwritten) {}

    void run() {
        const auto& directories = order_.directories();
        std::vector<DirectoryListing> waiting; // of directories whose parent is not yet written
        std::vector<std::uint32_t> listing_of(tree_.inode_count());
        std::vector<DirectoryLine> lines;
        for (auto directory = directories.rbegin(); directory != directories.rend(); ++directory) {
            lines.clear();
            for (const auto child : order_.children(*directory))
                lines.push_back(write_child(child, directory->node, waiting, listing_of));
            const auto inode = tree_.node(directory->node).inode;
            listing_of[inode] = static_cast<std::uint32_t>(waiting.size());
            subdirectories_.push_back(directory->subdirectories);
            waiting.push_back(write_directory(listings_, lines));
        }
        const auto& root = tree_.node(Tree::root());
        // By convention the root's parent is the number after the last.
        positions_[root.inode] = inodes_.write_directory(
            tree_.inode(Tree::root()), {order_.number(root.inode), 2 + subdirectories_.back()},
            order_.inode_count() + 1, waiting.back());
        inodes_.table().finish();
        listings_.finish();
    }

    MetadataPosition position(layers::InodeId inode) const { return positions_[inode]; }

    const TreeOrder& order() const { return order_; }

    InodeWriter& inodes() { return inodes_; }

    const MetadataWriter& listings() const { return listings_; }

    /// The place of every inode by its number, for the export table.
    std::vector<std::uint64_t> references() const {
        std::vector<std::uint64_t> references(order_.inode_count());
        for (layers::InodeId inode = 0; inode < positions_.size(); ++inode)
            if (order_.number(inode) != 0)
                references[order_.number(inode) - 1] = positions_[inode].reference();
        return references;
    }

private:
    static constexpr MetadataPosition k_unwritten = {0xFFFFFFFF, 0};

    DirectoryLine write_child(NodeId child, NodeId parent,
                              const std::vector<DirectoryListing>& waiting,
                              const std::vector<std::uint32_t>& listing_of) {
        const auto id = tree_.node(child).inode;
        const auto& inode = tree_.inode(child);
        auto& position = positions_[id];
        const auto number = order_.number(id);
        if (inode.type == layers::EntryType::directory) {
            const auto listing = listing_of[id];
            position =
                inodes_.write_directory(inode, {number, 2 + subdirectories_[listing]},
                                        order_.number(tree_.node(parent).inode), waiting[listing]);
        } else if (position.block == k_unwritten.block) {
            position = inodes_.write(inode, {number, order_.link_count(id)});
        }
        return {tree_.name(child), position, number, basic_type_of(inode.type)};
    }

    const Tree& tree_;
    const TreeOrder order_;
    InodeWriter inodes_;
    MetadataWriter listings_;
    std::vector<MetadataPosition> positions_;   ///< by InodeId
    std::vector<std::uint32_t> subdirectories_; ///< as `waiting` in run()
};

/// Appends tables one after the other and keeps where each begins.
class TableFile {
public:
    explicit TableFile(std::uint64_t offset) : offset_(offset) {}

    std::uint64_t position() const { return offset_ + bytes_.size(); }

    std::uint64_t append(const Bytes& table) {
        const auto start = position();
        bytes_.insert(bytes_.end(), table.begin(), table.end());
        return start;
    }

    /// A table of fixed-size entries: metadata blocks, then the list of their places, which is what
    /// the superblock names.
    std::uint64_t append_indexed(std::span<const std::byte> entries,
                                 const Compression& compression) {
        MetadataWriter blocks(compression);
        blocks.append(entries);
        blocks.finish();
        const auto start = append(blocks.table());
        const auto list = position();
        for (const auto block : blocks.block_starts())
            put(bytes_, start + block);
        return list;
    }

    Bytes take() { return std::move(bytes_); }

private:
    const std::uint64_t offset_;
    Bytes bytes_;
};

std::vector<FragmentEntry> fragment_table(std::span<const PlacedSegment> segments) {
    std::vector<FragmentEntry> fragments;
    for (const auto& segment : segments) {
        if (segment.first_fragment < fragments.size() || !segment.data)
            continue; // a layer that stands twice
        for (const auto& fragment : segment.data->fragments)
            fragments.push_back({segment.offset + fragment.start, fragment.size, 0});
    }
    return fragments;
}

ForeignCompressor compressor_of(const TableOptions& options) {
    return options.foreign
               ? *options.foreign
               : ForeignCompressor{options.compression.id(), options.compression.options()};
}

std::uint16_t flags_for(const TableOptions& options, bool has_xattrs) {
    unsigned flags = flag_duplicates | flag_exportable;
    if (!compressor_of(options).options.empty())
        flags |= flag_compressor_options;
    if (!has_xattrs)
        flags |= flag_no_xattrs;
    if (options.compression.kind == CompressionKind::none) {
        flags |= flag_inodes_stored | flag_xattrs_stored | flag_ids_stored;
        if (!options.foreign) // whose blocks are compressed even where the tables are not
            flags |= flag_data_stored | flag_fragments_stored;
    }
    return static_cast<std::uint16_t>(flags);
}

Bytes encode_header(const Superblock& superblock, const Bytes& options) {
    Bytes header;
    put(header, superblock);
    if (!options.empty()) {
        put(header, static_cast<std::uint16_t>(options.size() | k_metadata_stored));
        header.insert(header.end(), options.begin(), options.end());
    }
    return header;
}

} // namespace

Compression compression_beside(CompressorId id) {
    switch (id) {
    case CompressorId::gzip:
        return Compression::parse("gzip");
    case CompressorId::lz4:
        return Compression::parse("lz4");
    case CompressorId::zstd:
        return Compression::parse("zstd");
    default:
        return Compression::parse("none");
    }
}

ImageTables build_tables(const Tree& tree, std::span<const PlacedSegment> segments,
                         const TableOptions& options, std::uint64_t offset) {
    TreeWriter writer(tree, segments, options);
    writer.run();

    const auto& compression = options.compression;
    const auto compressor = compressor_of(options);
    const auto fragments = fragment_table(segments);
    const auto& ids = writer.inodes().ids().ids();
    auto& xattrs = writer.inodes().xattrs();

    Superblock superblock{
        .magic = k_magic,
        .inode_count = writer.order().inode_count(),
        .mkfs_time = static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(options.mkfs_time_seconds, 0, 0xFFFFFFFF)),
        .block_bytes = options.block_bytes,
        .fragment_count = static_cast<std::uint32_t>(fragments.size()),
        .compressor = static_cast<std::uint16_t>(compressor.id),
        .block_log = static_cast<std::uint16_t>(std::countr_zero(options.block_bytes)),
        .flags = flags_for(options, !xattrs.empty()),
        .id_count = static_cast<std::uint16_t>(ids.size()),
        .version_major = 4,
        .version_minor = 0,
        .root_inode = writer.position(tree.node(Tree::root()).inode).reference(),
        .bytes_used = 0,
        .id_table = k_no_table,
        .xattr_table = k_no_table,
        .inode_table = k_no_table,
        .directory_table = k_no_table,
        .fragment_table = k_no_table,
        .export_table = k_no_table,
    };
    // The kernel checks that the tables stand in this order.
    TableFile file(offset);
    superblock.inode_table = file.append(writer.inodes().table().table());
    superblock.directory_table = file.append(writer.listings().table());
    superblock.fragment_table =
        file.append_indexed(std::as_bytes(std::span(fragments)), compression);
    const auto references = writer.references();
    superblock.export_table =
        file.append_indexed(std::as_bytes(std::span(references)), compression);
    superblock.id_table = file.append_indexed(std::as_bytes(std::span(ids)), compression);
    if (!xattrs.empty()) {
        std::uint64_t header_offset = 0;
        file.append(xattrs.encode(compression, file.position(), header_offset));
        superblock.xattr_table = header_offset;
    }
    superblock.bytes_used = file.position();

    ImageTables tables{.bytes = file.take(),
                       .header = encode_header(superblock, compressor.options)};
    tables.bytes.resize(align_up(superblock.bytes_used, k_alignment) - offset);
    return tables;
}

} // namespace aic::squashfs

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/directory_writer.hpp"
#include "builder/squashfs/id_table.hpp"
#include "builder/squashfs/image_tables.hpp"
#include "builder/squashfs/metadata_writer.hpp"
#include "builder/squashfs/xattr_table.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace aic::squashfs {

/// The basic squashfs type of what a tree holds.
InodeType basic_type_of(layers::EntryType type);

/// Writes inodes, each in the smallest form that can hold it.
class InodeWriter {
public:
    InodeWriter(const layers::Tree& tree, std::span<const PlacedSegment> segments,
                const Compression& compression);

    struct Identity {
        std::uint32_t number;
        std::uint32_t link_count;
    };

    /// Anything but a directory.
    MetadataPosition write(const layers::Inode& inode, const Identity& identity);
    MetadataPosition write_directory(const layers::Inode& inode, const Identity& identity,
                                     std::uint32_t parent_number, const DirectoryListing& listing);

    MetadataWriter& table() { return table_; }

    const IdTable& ids() const { return ids_; }

    XattrTable& xattrs() { return xattrs_; }

private:
    void header(const layers::Inode& inode, InodeType type, std::uint32_t number);
    std::uint32_t xattr_index(layers::XattrSetId set);
    void file(const layers::Inode& inode, const Identity& identity, std::uint32_t xattrs);
    void symlink(const layers::Inode& inode, const Identity& identity, std::uint32_t xattrs);
    void special(const layers::Inode& inode, const Identity& identity, std::uint32_t xattrs);

    const layers::Tree& tree_;
    std::span<const PlacedSegment> segments_;
    MetadataWriter table_;
    IdTable ids_;
    XattrTable xattrs_;
    std::vector<std::uint32_t> xattr_indexes_; ///< by the tree's XattrSetId; k_no_xattrs until used
};

} // namespace aic::squashfs

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/metadata_writer.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace aic::squashfs {

/// One line of a directory.
struct DirectoryLine {
    std::string_view name;
    MetadataPosition inode;
    std::uint32_t inode_number;
    InodeType basic_type;
};

/// A directory index entry: where a header lies that begins in a new metadata block.
struct DirectoryIndexEntry {
    std::uint32_t listing_offset;
    std::uint32_t block;
    std::string_view name;
};

/// A directory as it was written.
struct DirectoryListing {
    MetadataPosition start;
    std::uint32_t size_bytes = 0;
    std::vector<DirectoryIndexEntry> index;
};

/// Appends the listing of one directory, its lines sorted by name, to the directory table.
DirectoryListing write_directory(MetadataWriter& table, const std::vector<DirectoryLine>& lines);

} // namespace aic::squashfs

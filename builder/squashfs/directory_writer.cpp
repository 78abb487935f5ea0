// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/directory_writer.hpp"

#include "core/error.hpp"

#include <limits>
#include <span>

namespace aic::squashfs {

namespace {

constexpr std::size_t k_header_bytes = 12;
constexpr std::size_t k_line_bytes = 8; ///< without the name

/// How many lines from the first can stand behind one header: at most 256, with inodes in one block
/// and near enough for 16-bit differences, and, so that a big directory's index can point at
/// headers, no more than a metadata block's worth.
std::size_t lines_behind_header(std::span<const DirectoryLine> lines) {
    const auto& first = lines.front();
    std::size_t bytes = k_header_bytes;
    std::size_t count = 0;
    for (const auto& line : lines) {
        const auto delta = std::int64_t{line.inode_number} - std::int64_t{first.inode_number};
        bytes += k_line_bytes + line.name.size();
        if (count == k_max_header_entries || line.inode.block != first.inode.block
            || delta < std::numeric_limits<std::int16_t>::min()
            || delta > std::numeric_limits<std::int16_t>::max()
            || (count > 0 && bytes > k_metadata_block_bytes))
            break;
        ++count;
    }
    return count;
}

Bytes encode_run(std::span<const DirectoryLine> run) {
    Bytes bytes;
    const auto& first = run.front();
    put(bytes, static_cast<std::uint32_t>(run.size() - 1));
    put(bytes, first.inode.block);
    put(bytes, first.inode_number);
    for (const auto& line : run) {
        const auto delta = std::int64_t{line.inode_number} - std::int64_t{first.inode_number};
        put(bytes, line.inode.offset);
        put(bytes, static_cast<std::int16_t>(delta));
        put(bytes, line.basic_type);
        put(bytes, static_cast<std::uint16_t>(line.name.size() - 1));
        put_text(bytes, line.name);
    }
    return bytes;
}

} // namespace

DirectoryListing write_directory(MetadataWriter& table, const std::vector<DirectoryLine>& lines) {
    DirectoryListing listing{.start = table.position()};
    auto rest = std::span(lines);
    auto block = listing.start.block;
    std::uint64_t size_bytes = 0;
    while (!rest.empty()) {
        const auto run = rest.first(lines_behind_header(rest));
        rest = rest.subspan(run.size());
        if (table.position().block != block) {
            block = table.position().block;
            listing.index.push_back(
                {static_cast<std::uint32_t>(size_bytes), block, run.front().name});
        }
        const auto bytes = encode_run(run);
        table.append(bytes);
        size_bytes += bytes.size();
        if (size_bytes > std::numeric_limits<std::uint32_t>::max() - 3)
            throw Error(ErrorKind::integrity, "a directory is larger than squashfs can hold");
    }
    listing.size_bytes = static_cast<std::uint32_t>(size_bytes);
    return listing;
}

} // namespace aic::squashfs

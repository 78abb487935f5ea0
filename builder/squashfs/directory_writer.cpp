// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/directory_writer.hpp"

#include "core/error.hpp"

#include <limits>
#include <span>

namespace aic::squashfs {

namespace {

constexpr std::size_t k_header_bytes = 12;
constexpr std::size_t k_line_bytes = 8; ///< without the name

/// Lines that stand behind one header, and what both take in the table.
struct Run {
    std::span<const DirectoryLine> lines;
    std::size_t bytes = k_header_bytes;
};

/// As many lines from the first as can stand behind one header: at most 256, with inodes in one
/// block and near enough for 16-bit differences, and, so that a big directory's index can point at
/// headers, no more than a metadata block's worth.
Run run_from(std::span<const DirectoryLine> lines) {
    const auto& first = lines.front();
    Run run;
    std::size_t count = 0;
    for (const auto& line : lines) {
        const auto delta = std::int64_t{line.inode_number} - std::int64_t{first.inode_number};
        const auto bytes = run.bytes + k_line_bytes + line.name.size();
        if (count == k_max_header_entries || line.inode.block != first.inode.block
            || delta < std::numeric_limits<std::int16_t>::min()
            || delta > std::numeric_limits<std::int16_t>::max()
            || (count > 0 && bytes > k_metadata_block_bytes))
            break;
        run.bytes = bytes;
        ++count;
    }
    run.lines = lines.first(count);
    return run;
}

void write_run(MetadataWriter& table, std::span<const DirectoryLine> lines) {
    const auto& first = lines.front();
    table.put(static_cast<std::uint32_t>(lines.size() - 1));
    table.put(first.inode.block);
    table.put(first.inode_number);
    for (const auto& line : lines) {
        const auto delta = std::int64_t{line.inode_number} - std::int64_t{first.inode_number};
        table.put(line.inode.offset);
        table.put(static_cast<std::int16_t>(delta));
        table.put(line.basic_type);
        table.put(static_cast<std::uint16_t>(line.name.size() - 1));
        table.append(as_bytes(line.name));
    }
}

} // namespace

DirectoryListing write_directory(MetadataWriter& table, const std::vector<DirectoryLine>& lines) {
    DirectoryListing listing{.start = table.position()};
    auto rest = std::span(lines);
    auto block = listing.start.block;
    std::uint64_t size_bytes = 0;
    while (!rest.empty()) {
        const auto run = run_from(rest);
        rest = rest.subspan(run.lines.size());
        if (table.position().block != block) {
            block = table.position().block;
            listing.index.push_back(
                {static_cast<std::uint32_t>(size_bytes), block, run.lines.front().name});
        }
        write_run(table, run.lines);
        size_bytes += run.bytes;
        if (size_bytes > std::numeric_limits<std::uint32_t>::max() - 3)
            throw Error(ErrorKind::integrity, "a directory is larger than squashfs can hold");
    }
    listing.size_bytes = static_cast<std::uint32_t>(size_bytes);
    return listing;
}

} // namespace aic::squashfs

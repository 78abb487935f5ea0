// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/block_lane.hpp"
#include "builder/squashfs/fragment_packer.hpp"
#include "builder/squashfs/segment.hpp"
#include "builder/squashfs/segment_committer.hpp"

#include <filesystem>
#include <stop_token>
#include <vector>

namespace aic::squashfs {

/// Turns one layer's files into a segment: cuts them into blocks, packs small files into fragment
/// blocks, stores the same content once, and hands blocks to the crew, which compresses them and
/// writes them in sequence order. So the segment's bytes depend on the sequence of files alone. One
/// thread uses it; where it would have to wait it does the crew's work.
class SegmentWriter {
public:
    SegmentWriter(const SegmentTarget& target, CompressorPool& pool);
    SegmentWriter(const SegmentWriter&) = delete;
    SegmentWriter& operator=(const SegmentWriter&) = delete;

    ~SegmentWriter() { lane_.drain(); } // while what its jobs report to is still there

    /// A file of `size_bytes` > 0 comes next, in any number of write() and skip() calls.
    void begin(std::uint64_t size_bytes);
    /// What has an owner is compressed where it lies, as far as whole blocks of it go.
    void write(HeldBytes held, std::stop_token stop);
    /// `count` zero bytes, as in a sparse file.
    void skip(std::uint64_t count, std::stop_token stop);
    /// All of the file was written. Equal files get equal content.
    ContentId end(std::stop_token stop);
    /// No more files. Returns once everything is written.
    void close(std::stop_token stop);
    /// After close().
    SegmentData finish();

private:
    bool is_small() const { return size_bytes_ < block_bytes_; }

    void send_block(std::stop_token stop);
    void send_holes(std::uint32_t count, std::stop_token stop);

    const std::uint32_t block_bytes_;
    BlockLane lane_;
    SegmentCommitter committer_;
    FragmentPacker packer_;

    // The file being written.
    std::uint64_t size_bytes_ = 0;
    std::uint64_t remaining_bytes_ = 0;
    BlockJob* block_ = nullptr; ///< being filled; null between blocks
    RunHash run_hash_;
    Bytes small_; ///< a file smaller than a block, in pieces; or
    HeldBytes whole_small_;

    std::vector<Content> contents_;
    std::uint64_t total_blocks_ = 0;
};

} // namespace aic::squashfs

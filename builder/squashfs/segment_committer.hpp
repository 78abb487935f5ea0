// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/block_lane.hpp"
#include "builder/squashfs/quick_hash.hpp"
#include "builder/squashfs/segment.hpp"
#include "core/content_hash.hpp"

#include <atomic>
#include <deque>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <variant>
#include <vector>

namespace aic::squashfs {

/// Where a segment goes: an open file (readable too) and the offset of the segment's first byte in
/// it.
struct SegmentTarget {
    int fd = -1;
    std::filesystem::path path; ///< for messages
    std::uint64_t offset = 0;
    std::atomic<std::uint64_t>* written_bytes = nullptr; ///< counts along, if there
};

/// Writes a segment's compressed blocks in sequence order, hashes them as they go, and takes back a
/// file that turns out to be the same as an earlier one. It has no thread: whoever completes what
/// stands first in the sequence writes that and all that can follow, unless somebody is at it.
class SegmentCommitter {
public:
    SegmentCommitter(const SegmentTarget& target, BlockLane& lane);

    // What the sequence consists of.
    struct Block {
        BlockJob* job;
    };

    struct Holes {
        std::uint32_t count;
    };

    struct FragmentBlock {
        BlockJob* job;
    };

    struct EndOfRun { ///< the blocks since the last one are a file's
        ContentId content;
        std::uint64_t size_bytes;
        QuickHash hash;
    };

    using Item = std::variant<Block, Holes, FragmentBlock, EndOfRun>;

    /// The next in the sequence. One thread pushes.
    void push(Item item, std::stop_token stop);
    /// Writes whatever is ready. From any thread, whenever a job is done.
    void advance() noexcept;
    /// Returns when all that was pushed is on disk; throws what went wrong.
    void finish_writing(std::stop_token stop);

    /// The raw bytes of a fragment that was pushed, read back from disk; waits until it is there.
    Bytes read_fragment(std::uint32_t index, std::stop_token stop);

    /// Moves the results into `segment`, whose contents have their place filled in. After
    /// finish_writing() only.
    void finish(SegmentData& segment);

private:
    struct Run {
        std::uint64_t start = 0;
        std::uint32_t first_block = 0;
    };

    struct FinishedRun {
        ContentId content;
        std::uint64_t size_bytes;
        Run run;
        std::uint32_t block_count;
    };

    bool is_ready(const Item& item) const;
    std::optional<Item> take_next();
    void commit(const Block& item);
    void commit(const Holes& item);
    void commit(const FragmentBlock& item);
    void commit(const EndOfRun& item);
    void append(std::span<const std::byte> bytes);
    bool same_data(const FinishedRun& ours, const FinishedRun& earlier) const;
    void take_back();

    const SegmentTarget target_;
    BlockLane& lane_;
    const std::size_t capacity_;
    std::deque<Item> sequence_; // guarded by the crew's mutex
    bool is_writing_ = false;   // guarded by the crew's mutex: somebody is, and the rest is his own

    std::uint64_t position_ = 0; ///< from the segment's start
    ContentHasher hash_;
    Run run_;                  ///< the file whose blocks are coming
    ContentHasher before_run_; ///< hash_ as it was at the run's first block
    std::vector<std::uint32_t> block_sizes_;
    std::vector<FinishedRun> finished_;
    std::unordered_map<QuickHash, std::size_t> known_; ///< index into finished_

    std::vector<FragmentEntry> fragments_; // guarded by the crew's mutex: those on disk
};

} // namespace aic::squashfs

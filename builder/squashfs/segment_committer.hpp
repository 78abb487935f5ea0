// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/compressor_pool.hpp"
#include "builder/squashfs/content_hash.hpp"
#include "builder/squashfs/segment.hpp"
#include "core/bounded_queue.hpp"
#include "core/digest.hpp"

#include <atomic>
#include <filesystem>
#include <mutex>
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
/// file that turns out to be the same as an earlier one.
class SegmentCommitter {
public:
    SegmentCommitter(const SegmentTarget& target, BlockLane& lane, std::size_t capacity);

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

    void push(Item item, std::stop_token stop) { sequence_.push(item, stop); }

    void close() { sequence_.close(); }

    /// Until close(); in a thread of its own.
    void run(std::stop_token stop);

    /// The fragment's raw bytes, read back from disk. Any thread, for fragments long since written.
    Bytes read_fragment(std::uint32_t index, CompressorId compressor,
                        std::size_t block_bytes) const;

    /// Moves the results into `segment`, whose contents have their place filled in. After run()
    /// only.
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

    void commit(const Block& item, std::stop_token stop);
    void commit(const Holes& item, std::stop_token stop);
    void commit(const FragmentBlock& item, std::stop_token stop);
    void commit(const EndOfRun& item, std::stop_token stop);
    void append(std::span<const std::byte> bytes);
    bool same_data(const FinishedRun& ours, const FinishedRun& earlier) const;
    void take_back();

    const SegmentTarget target_;
    BlockLane& lane_;
    BoundedQueue<Item> sequence_;

    std::uint64_t position_ = 0; ///< from the segment's start
    Sha256Hasher hash_;
    Run run_;                 ///< the file whose blocks are coming
    Sha256Hasher before_run_; ///< hash_ as it was at the run's first block
    std::vector<std::uint32_t> block_sizes_;
    std::vector<FinishedRun> finished_;
    std::unordered_map<QuickHash, std::size_t> known_; ///< index into finished_

    mutable std::mutex fragments_mutex_;
    std::vector<FragmentEntry> fragments_; // guarded by fragments_mutex_
};

} // namespace aic::squashfs

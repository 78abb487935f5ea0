// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/compression.hpp"
#include "core/bytes.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace aic::squashfs {

class BlockLane;

/// One block on its way through the pool. Its buffers are allocated once and used again and again.
struct BlockJob {
    explicit BlockJob(std::size_t block_bytes) : raw(block_bytes), packed(block_bytes) {}

    /// The bytes that go to disk.
    std::span<const std::byte> result() const {
        return stored ? std::span(raw).first(raw_size) : std::span(packed).first(packed_size);
    }

    /// Their size as squashfs notes it.
    std::uint32_t size_field() const {
        return static_cast<std::uint32_t>(stored ? raw_size : packed_size)
               | (stored ? k_block_stored : 0);
    }

    Bytes raw;
    std::size_t raw_size = 0;
    Bytes packed;
    std::size_t packed_size = 0;
    bool stored = false;
    BlockLane* lane = nullptr;
    bool done = false;          // guarded by the lane's mutex
    std::exception_ptr failure; // guarded by the lane's mutex
};

/// The jobs of one segment: a fixed number, so that a fast reader waits for the compressors instead
/// of filling memory. Given to the pool in any order, waited for in the order of the segment.
class BlockLane {
public:
    BlockLane(std::size_t jobs, std::size_t block_bytes);
    BlockLane(const BlockLane&) = delete;
    BlockLane& operator=(const BlockLane&) = delete;
    /// Waits until the pool has let go of every job.
    ~BlockLane();

    /// A job that nobody uses, with raw_size 0.
    BlockJob& acquire(std::stop_token stop);
    void release(BlockJob& job);
    /// Until the pool is done with it; throws what compressing it threw.
    void wait_for(BlockJob& job, std::stop_token stop);

private:
    friend class CompressorPool;
    void started(BlockJob& job);
    void finished(BlockJob& job, std::exception_ptr failure);

    std::deque<BlockJob> jobs_;
    std::mutex mutex_;
    std::condition_variable_any is_free_; ///< a job is: what the reader waits for
    std::condition_variable_any is_done_; ///< one is: what the committer waits for
    BlockJob* awaited_ = nullptr;         // guarded by mutex_: the one that the committer waits for
    std::vector<BlockJob*> free_;         // guarded by mutex_
    std::size_t in_pool_ = 0;             // guarded by mutex_
};

/// N threads that compress blocks for any number of segments at once. Safe to share between
/// threads; must outlive the lanes that use it.
class CompressorPool {
public:
    CompressorPool(unsigned threads, const Compression& compression);
    CompressorPool(const CompressorPool&) = delete;
    CompressorPool& operator=(const CompressorPool&) = delete;
    ~CompressorPool();

    void submit(BlockJob& job);

    const Compression& compression() const { return compression_; }

    unsigned threads() const { return static_cast<unsigned>(threads_.size()); }

private:
    void work();

    const Compression compression_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<BlockJob*> queue_; // guarded by mutex_; bounded by the lanes' numbers of jobs
    bool closed_ = false;         // guarded by mutex_
    std::vector<std::thread> threads_;
};

} // namespace aic::squashfs

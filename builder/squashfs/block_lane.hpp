// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/compression.hpp"
#include "core/bytes.hpp"
#include "core/crew.hpp"

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

namespace aic::squashfs {

class BlockLane;
class CompressorPool;

/// Bytes that stay where they are as long as somebody has the owner; without one, until whoever
/// handed them out is asked for more.
struct HeldBytes {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner = nullptr;
};

/// One block on its way through the pool. Its buffers are allocated once and used again and again.
class BlockJob final : public Task {
public:
    explicit BlockJob(CompressorPool& pool) : pool_(pool) {}

    /// What there is of the block.
    std::span<const std::byte> raw() const { return raw_; }

    /// Copies `bytes` behind what there is.
    void append(std::span<const std::byte> bytes);
    /// Takes the whole block where it lies. It needs an owner.
    void take(HeldBytes block);

    /// The bytes that go to disk; once it is compressed. Throws what compressing it threw.
    std::span<const std::byte> result() const;
    /// Their size as squashfs notes it.
    std::uint32_t size_field() const;
    void run() noexcept override;

private:
    friend class BlockLane;
    friend class CompressorPool;

    void begin();

    CompressorPool& pool_;
    BlockLane* lane_ = nullptr; ///< that has it; guarded by the crew's mutex
    Bytes buffer_;
    std::span<const std::byte> raw_;    ///< in buffer_ or what owner_ keeps
    std::shared_ptr<const void> owner_; ///< of a block that was taken
    Bytes packed_;
    std::optional<std::size_t> packed_size_; ///< absent when the block is stored as it is
    std::exception_ptr failure_;
    bool done_ = false; // guarded by the crew's mutex
};

/// A crew that compresses: its threads share compressors, one for each that is at it, and all the
/// segments in work share the blocks, so that memory grows with the threads alone.
/// Must outlive the lanes that use it.
class CompressorPool {
public:
    CompressorPool(Crew& crew, const Compression& compression, std::uint32_t block_bytes);

    Crew& crew() { return crew_; }

    const Compression& compression() const { return compression_; }

    std::uint32_t block_bytes() const { return block_bytes_; }

    /// How many blocks can be with the crew or wait to be written, all lanes together.
    std::size_t capacity() const { return 2 * crew_.threads() + 8; }

    /// As BlockCompressor::compress().
    std::optional<std::size_t> compress(std::span<const std::byte> block, std::span<std::byte> out);

private:
    friend class BlockLane;

    /// One more lane, which fills up to two blocks beside those that are under way.
    void add_lane();
    void remove_lane();
    /// Any that the lane has. Under the crew's mutex.
    BlockJob* job_of(const BlockLane& lane);

    Crew& crew_;
    const Compression compression_;
    const std::uint32_t block_bytes_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<BlockCompressor>> idle_; // guarded by mutex_
    std::size_t lanes_ = 0;                              // guarded by the crew's mutex
    std::deque<BlockJob> jobs_;                          // guarded by the crew's mutex
    std::vector<BlockJob*> free_;                        // guarded by the crew's mutex
};

/// The blocks of one segment. A fast reader finds none free and helps the compressors instead of
/// filling memory.
class BlockLane {
public:
    /// `compressed` is called after each job, by the thread that did it.
    BlockLane(CompressorPool& pool, std::function<void()> compressed);
    BlockLane(const BlockLane&) = delete;
    BlockLane& operator=(const BlockLane&) = delete;

    /// Its jobs go back to the pool.
    ~BlockLane();

    /// A job that nobody uses, without a byte. For one thread, which does other work of the crew
    /// until there is one. It may have two that are not submitted.
    BlockJob& acquire(std::stop_token stop);
    void submit(BlockJob& job);
    void release(BlockJob& job);

    /// Does other work of the crew until `ready()`, as Crew::work_until(); throws what fail() was
    /// told.
    template <typename Ready>
    void work_until(Ready ready, std::stop_token stop) {
        pool_.crew().work_until([&] { return failure_ != nullptr || ready(); }, stop);
        if (failure_) // set once
            std::rethrow_exception(failure_);
    }

    /// The segment is lost: every wait ends with this.
    void fail(std::exception_ptr failure);

    CompressorPool& pool() { return pool_; }

    Crew& crew() { return pool_.crew(); }

    /// Under the crew's mutex only.
    bool is_done(const BlockJob& job) const { return job.done_; }

    /// Until no job is with the crew any more.
    void drain() noexcept;

private:
    friend class BlockJob;
    void finished(BlockJob& job);

    CompressorPool& pool_;
    const std::function<void()> compressed_;
    std::size_t in_crew_ = 0;    // guarded by the crew's mutex
    std::exception_ptr failure_; // guarded by the crew's mutex
};

} // namespace aic::squashfs

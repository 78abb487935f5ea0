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

/// A crew that compresses: its threads share compressors, one for each that is at it. Safe to share
/// between threads; must outlive the lanes that use it.
class CompressorPool {
public:
    CompressorPool(Crew& crew, const Compression& compression)
        : crew_(crew)
        , compression_(compression) {}

    Crew& crew() { return crew_; }

    const Compression& compression() const { return compression_; }

    /// As BlockCompressor::compress().
    std::optional<std::size_t> compress(std::span<const std::byte> block, std::span<std::byte> out);

private:
    Crew& crew_;
    const Compression compression_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<BlockCompressor>> idle_; // guarded by mutex_
};

class BlockLane;

/// Bytes that stay where they are as long as somebody has the owner; without one, until whoever
/// handed them out is asked for more.
struct HeldBytes {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner = nullptr;
};

/// One block on its way through the pool. Its buffers are allocated once and used again and again.
class BlockJob final : public Task {
public:
    BlockJob(BlockLane& lane, std::size_t block_bytes)
        : lane_(lane)
        , buffer_(block_bytes)
        , packed_(block_bytes) {}

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

    BlockLane& lane_;
    Bytes buffer_;
    std::span<const std::byte> raw_;    ///< in buffer_ or what owner_ keeps
    std::shared_ptr<const void> owner_; ///< of a block that was taken
    Bytes packed_;
    std::optional<std::size_t> packed_size_; ///< absent when the block is stored as it is
    std::exception_ptr failure_;
    bool done_ = false; // guarded by the crew's mutex
};

/// The jobs of one segment: a fixed number, so that a fast reader helps the compressors instead of
/// filling memory.
class BlockLane {
public:
    /// `compressed` is called after each job, by the thread that did it.
    BlockLane(CompressorPool& pool, std::size_t jobs, std::size_t block_bytes,
              std::function<void()> compressed);
    BlockLane(const BlockLane&) = delete;
    BlockLane& operator=(const BlockLane&) = delete;

    ~BlockLane() { drain(); }

    /// A job that nobody uses, without a byte. For one thread, which does other work of the crew
    /// until there is one.
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
    std::deque<BlockJob> jobs_;
    std::vector<BlockJob*> free_; // guarded by the crew's mutex
    std::size_t in_crew_ = 0;     // guarded by the crew's mutex
    std::exception_ptr failure_;  // guarded by the crew's mutex
};

} // namespace aic::squashfs

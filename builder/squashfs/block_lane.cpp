// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/block_lane.hpp"

#include <algorithm>

namespace aic::squashfs {

CompressorPool::CompressorPool(Crew& crew, const Compression& compression,
                               std::uint32_t block_bytes)
    : crew_(crew)
    , compression_(compression)
    , block_bytes_(block_bytes) {}

void CompressorPool::add_lane() {
    crew_.change([&] {
        ++lanes_;
        while (jobs_.size() < capacity() + 2 * lanes_)
            free_.push_back(&jobs_.emplace_back(*this));
    });
}

void CompressorPool::remove_lane() {
    crew_.change([&] { --lanes_; });
}

BlockJob* CompressorPool::job_of(const BlockLane& lane) {
    const auto found = std::ranges::find(jobs_, &lane, &BlockJob::lane_);
    return found == jobs_.end() ? nullptr : &*found;
}

std::optional<std::size_t> CompressorPool::compress(std::span<const std::byte> block,
                                                    std::span<std::byte> out) {
    std::unique_ptr<BlockCompressor> compressor;
    {
        std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            compressor = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (!compressor)
        compressor = make_compressor(compression_);
    const auto size = compressor->compress(block, out);
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(compressor));
    return size;
}

void BlockJob::begin() {
    raw_ = {};
    packed_size_.reset();
    failure_ = nullptr;
    buffer_.resize(pool_.block_bytes());
    packed_.resize(pool_.block_bytes());
}

void BlockJob::append(std::span<const std::byte> bytes) {
    std::copy(bytes.begin(), bytes.end(), buffer_.begin() + std::ssize(raw_));
    raw_ = std::span(buffer_).first(raw_.size() + bytes.size());
}

void BlockJob::take(HeldBytes block) {
    raw_ = block.bytes;
    owner_ = std::move(block.owner);
}

std::span<const std::byte> BlockJob::result() const {
    if (failure_)
        std::rethrow_exception(failure_);
    return packed_size_ ? std::span(packed_).first(*packed_size_) : raw_;
}

std::uint32_t BlockJob::size_field() const {
    return packed_size_ ? static_cast<std::uint32_t>(*packed_size_)
                        : static_cast<std::uint32_t>(raw_.size()) | k_block_stored;
}

void BlockJob::run() noexcept {
    try {
        packed_size_ = pool_.compress(raw_, packed_);
    } catch (...) {
        failure_ = std::current_exception();
    }
    lane_->finished(*this);
}

BlockLane::BlockLane(CompressorPool& pool, std::function<void()> compressed)
    : pool_(pool)
    , compressed_(std::move(compressed)) {
    pool_.add_lane();
}

BlockLane::~BlockLane() {
    drain();
    while (auto* job = crew().change([&] { return pool_.job_of(*this); }))
        release(*job);
    pool_.remove_lane();
}

BlockJob& BlockLane::acquire(std::stop_token stop) {
    for (;;) {
        work_until([&] { return !pool_.free_.empty(); }, stop);
        auto* job = crew().change([&]() -> BlockJob* {
            if (pool_.free_.empty()) // another lane was quicker
                return nullptr;
            auto* last = pool_.free_.back();
            pool_.free_.pop_back();
            last->lane_ = this;
            return last;
        });
        if (job) {
            job->begin();
            return *job;
        }
    }
}

void BlockLane::submit(BlockJob& job) {
    crew().change([&] {
        job.done_ = false;
        ++in_crew_;
    });
    crew().submit(job, Crew::Urgency::whenever);
}

void BlockLane::release(BlockJob& job) {
    job.owner_.reset();
    crew().change([&] {
        job.lane_ = nullptr;
        pool_.free_.push_back(&job);
    });
}

void BlockLane::finished(BlockJob& job) {
    crew().change([&] { job.done_ = true; });
    compressed_();
    // Last, since the lane may be gone as soon as nothing of it is with the crew.
    crew().change([&] { --in_crew_; });
}

void BlockLane::fail(std::exception_ptr failure) {
    crew().change([&] { failure_ = failure; });
}

void BlockLane::drain() noexcept {
    crew().work_until([&] { return in_crew_ == 0; }, {});
}

} // namespace aic::squashfs

// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/compressor_pool.hpp"

#include "core/error.hpp"

namespace aic::squashfs {

BlockLane::BlockLane(std::size_t jobs, std::size_t block_bytes) {
    for (std::size_t i = 0; i < jobs; ++i) {
        auto& job = jobs_.emplace_back(block_bytes);
        job.lane = this;
        free_.push_back(&job);
    }
}

BlockLane::~BlockLane() {
    std::unique_lock lock(mutex_);
    is_done_.wait(lock, [&] { return in_pool_ == 0; });
}

BlockJob& BlockLane::acquire(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!is_free_.wait(lock, stop, [&] { return !free_.empty(); }))
        throw Error(ErrorKind::interrupted, "stopped");
    auto& job = *free_.back();
    free_.pop_back();
    job.raw_size = 0;
    job.done = false;
    return job;
}

void BlockLane::release(BlockJob& job) {
    std::lock_guard lock(mutex_);
    free_.push_back(&job);
    is_free_.notify_one();
}

void BlockLane::wait_for(BlockJob& job, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    awaited_ = &job;
    if (!is_done_.wait(lock, stop, [&] { return job.done; }))
        throw Error(ErrorKind::interrupted, "stopped");
    if (job.failure)
        std::rethrow_exception(job.failure);
}

void BlockLane::started(BlockJob& job) {
    std::lock_guard lock(mutex_);
    job.failure = nullptr;
    ++in_pool_;
}

void BlockLane::finished(BlockJob& job, std::exception_ptr failure) {
    std::lock_guard lock(mutex_);
    job.failure = failure;
    job.done = true;
    --in_pool_;
    // Blocks that are done before their turn wake nobody. Under the lock, since the lane may be
    // gone as soon as its last job is.
    if (awaited_ == &job || in_pool_ == 0)
        is_done_.notify_all();
}

CompressorPool::CompressorPool(unsigned threads, const Compression& compression)
    : compression_(compression) {
    for (unsigned i = 0; i < threads; ++i)
        threads_.emplace_back([this] { work(); });
}

CompressorPool::~CompressorPool() {
    {
        std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

void CompressorPool::submit(BlockJob& job) {
    job.lane->started(job);
    std::lock_guard lock(mutex_);
    queue_.push_back(&job);
    changed_.notify_one();
}

void CompressorPool::work() {
    const auto compressor = make_compressor(compression_);
    for (;;) {
        BlockJob* job = nullptr;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return closed_ || !queue_.empty(); });
            if (queue_.empty())
                return;
            job = queue_.front();
            queue_.pop_front();
        }
        std::exception_ptr failure;
        try {
            const auto size =
                compressor->compress(std::span(job->raw).first(job->raw_size), job->packed);
            job->stored = !size;
            job->packed_size = size.value_or(0);
        } catch (...) {
            failure = std::current_exception();
        }
        job->lane->finished(*job, failure);
    }
}

} // namespace aic::squashfs

// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/segment_writer.hpp"

#include "core/error.hpp"

#include <algorithm>

namespace aic::squashfs {

namespace {

/// Bounds the block lists that a layer's sparse files make: 2 TiB at 128 KiB a block.
constexpr std::uint64_t k_max_blocks = 1U << 24;

bool is_zero(std::span<const std::byte> block) {
    return block[0] == std::byte{0} && std::equal(block.begin() + 1, block.end(), block.begin());
}

} // namespace

SegmentWriter::SegmentWriter(const SegmentTarget& target, CompressorPool& pool)
    : block_bytes_(pool.block_bytes())
    , lane_(pool, [this] { committer_.advance(); })
    , committer_(target, lane_)
    , packer_(lane_, committer_) {
    small_.reserve(block_bytes_);
}

void SegmentWriter::begin(std::uint64_t size_bytes) {
    total_blocks_ += size_bytes / block_bytes_;
    if (total_blocks_ > k_max_blocks)
        throw Error(ErrorKind::integrity, "the files of the layer add up to more than {}",
                    human_size(k_max_blocks * block_bytes_));
    size_bytes_ = remaining_bytes_ = size_bytes;
    run_hash_.reset(size_bytes);
    small_.clear();
    whole_small_ = {};
}

void SegmentWriter::write(HeldBytes held, std::stop_token stop) {
    auto& bytes = held.bytes;
    if (bytes.size() > remaining_bytes_)
        throw Error(ErrorKind::integrity, "a file is longer than its header says");
    remaining_bytes_ -= bytes.size();
    if (is_small()) {
        if (held.owner && bytes.size() == size_bytes_)
            whole_small_ = std::move(held);
        else
            small_.insert(small_.end(), bytes.begin(), bytes.end());
        return;
    }
    while (!bytes.empty()) {
        if (!block_)
            block_ = &lane_.acquire(stop);
        const auto count = std::min(bytes.size(), block_bytes_ - block_->raw().size());
        if (count == block_bytes_ && held.owner)
            block_->take({bytes.first(count), held.owner});
        else
            block_->append(bytes.first(count));
        bytes = bytes.subspan(count);
        if (block_->raw().size() == block_bytes_)
            send_block(stop);
    }
}

void SegmentWriter::skip(std::uint64_t count, std::stop_token stop) {
    static constexpr std::array<std::byte, 4096> k_zeros{};
    const auto write_zeros = [&](std::uint64_t zeros) {
        while (zeros > 0) {
            const auto some = std::min<std::uint64_t>(zeros, k_zeros.size());
            write({std::span(k_zeros).first(some)}, stop);
            zeros -= some;
            count -= some;
        }
    };
    if (count > remaining_bytes_)
        throw Error(ErrorKind::integrity, "a file is longer than its header says");
    if (!is_small()) {
        if (block_)
            write_zeros(std::min<std::uint64_t>(count, block_bytes_ - block_->raw().size()));
        const auto whole_blocks = static_cast<std::uint32_t>(count / block_bytes_);
        if (whole_blocks > 0)
            send_holes(whole_blocks, stop);
        remaining_bytes_ -= std::uint64_t{whole_blocks} * block_bytes_;
        count -= std::uint64_t{whole_blocks} * block_bytes_;
    }
    write_zeros(count);
}

void SegmentWriter::send_block(std::stop_token stop) {
    auto& job = *std::exchange(block_, nullptr);
    if (is_zero(job.raw())) {
        lane_.release(job);
        send_holes(1, stop);
        return;
    }
    run_hash_.add_block(job.raw());
    lane_.submit(job);
    committer_.push(SegmentCommitter::Block{&job}, stop);
}

void SegmentWriter::send_holes(std::uint32_t count, std::stop_token stop) {
    run_hash_.add_holes(count);
    committer_.push(SegmentCommitter::Holes{count}, stop);
}

ContentId SegmentWriter::end(std::stop_token stop) {
    // A tar may end a sparse file with a hole that it does not spell out.
    if (remaining_bytes_ > 0)
        skip(remaining_bytes_, stop);
    const auto id = static_cast<ContentId>(contents_.size());
    if (is_small()) {
        contents_.push_back(packer_.pack(whole_small_.owner ? whole_small_.bytes : small_, stop));
        whole_small_ = {};
        return id;
    }
    if (block_)
        send_block(stop);
    contents_.push_back({.size_bytes = size_bytes_});
    committer_.push(SegmentCommitter::EndOfRun{id, size_bytes_, run_hash_.value()}, stop);
    return id;
}

void SegmentWriter::close(std::stop_token stop) {
    packer_.flush(stop);
    committer_.finish_writing(stop);
}

SegmentData SegmentWriter::finish() {
    SegmentData segment;
    segment.block_bytes = block_bytes_;
    segment.contents = std::move(contents_);
    committer_.finish(segment);
    return segment;
}

} // namespace aic::squashfs

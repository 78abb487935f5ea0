// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/segment_committer.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"

#include <algorithm>
#include <array>

namespace aic::squashfs {

constexpr std::size_t k_items_a_block = 4; ///< of the sequence, for each block on its way

SegmentCommitter::SegmentCommitter(const SegmentTarget& target, BlockLane& lane)
    : target_(target)
    , lane_(lane)
    , capacity_(lane.pool().capacity() * k_items_a_block) {}

void SegmentCommitter::push(Item item, std::stop_token stop) {
    lane_.work_until([&] { return sequence_.size() < capacity_; }, stop);
    lane_.crew().change([&] { sequence_.push_back(item); });
    advance();
}

bool SegmentCommitter::is_ready(const Item& item) const {
    if (const auto* block = std::get_if<Block>(&item))
        return lane_.is_done(*block->job);
    if (const auto* fragment = std::get_if<FragmentBlock>(&item))
        return lane_.is_done(*fragment->job);
    return true;
}

/// Under the crew's mutex.
std::optional<SegmentCommitter::Item> SegmentCommitter::take_next() {
    if (sequence_.empty() || !is_ready(sequence_.front()))
        return std::nullopt;
    auto item = sequence_.front();
    sequence_.pop_front();
    return item;
}

void SegmentCommitter::advance() noexcept {
    std::optional<Item> item;
    lane_.crew().change([&] {
        if (!is_writing_)
            item = take_next();
        is_writing_ = is_writing_ || item;
    });
    while (item) {
        try {
            std::visit([&](const auto& what) { commit(what); }, *item);
        } catch (...) {
            lane_.fail(std::current_exception()); // and is_writing_ stays: nothing more is written
            return;
        }
        lane_.crew().change([&] {
            item = take_next();
            is_writing_ = item.has_value();
        });
    }
}

void SegmentCommitter::finish_writing(std::stop_token stop) {
    lane_.work_until([&] { return sequence_.empty() && !is_writing_; }, stop);
}

void SegmentCommitter::append(std::span<const std::byte> bytes) {
    pwrite_all(target_.fd, bytes, target_.offset + position_, target_.path);
    hash_.update(bytes);
    position_ += bytes.size();
    if (target_.written_bytes)
        *target_.written_bytes += bytes.size();
}

void SegmentCommitter::commit(const Block& item) {
    if (run_.start == position_)
        before_run_.assign(hash_);
    append(item.job->result());
    block_sizes_.push_back(item.job->size_field());
    lane_.release(*item.job);
}

void SegmentCommitter::commit(const Holes& item) {
    block_sizes_.insert(block_sizes_.end(), item.count, 0);
}

void SegmentCommitter::commit(const FragmentBlock& item) {
    const FragmentEntry entry{position_, item.job->size_field(), 0};
    append(item.job->result());
    lane_.crew().change([&] { fragments_.push_back(entry); });
    lane_.release(*item.job);
    run_.start = position_;
}

void SegmentCommitter::commit(const EndOfRun& item) {
    const auto count = static_cast<std::uint32_t>(block_sizes_.size() - run_.first_block);
    FinishedRun finished{item.content, item.size_bytes, run_, count};
    const auto [known, is_new] = known_.try_emplace(item.hash, finished_.size());
    if (!is_new && same_data(finished, finished_[known->second])) {
        take_back();
        finished.run = finished_[known->second].run;
    }
    finished_.push_back(finished);
    run_ = {position_, static_cast<std::uint32_t>(block_sizes_.size())};
}

/// Equal data gives equal compressed blocks, so those are compared, as they stand in the file.
bool SegmentCommitter::same_data(const FinishedRun& ours, const FinishedRun& earlier) const {
    const auto sizes = std::span(block_sizes_);
    const auto our_sizes = sizes.subspan(ours.run.first_block, ours.block_count);
    const auto their_sizes = sizes.subspan(earlier.run.first_block, earlier.block_count);
    if (ours.size_bytes != earlier.size_bytes
        || !std::equal(our_sizes.begin(), our_sizes.end(), their_sizes.begin(), their_sizes.end()))
        return false;
    std::array<std::byte, 32768> our_bytes, their_bytes;
    for (std::uint64_t at = 0; at < position_ - run_.start;) {
        const auto count = std::min<std::uint64_t>(our_bytes.size(), position_ - run_.start - at);
        const auto mine = std::span(our_bytes).first(count);
        const auto other = std::span(their_bytes).first(count);
        pread_exact(target_.fd, mine, target_.offset + run_.start + at, target_.path);
        pread_exact(target_.fd, other, target_.offset + earlier.run.start + at, target_.path);
        if (!std::equal(mine.begin(), mine.end(), other.begin()))
            return false;
        at += count;
    }
    return true;
}

void SegmentCommitter::take_back() {
    if (position_ != run_.start)
        hash_.assign(before_run_);
    position_ = run_.start;
    block_sizes_.resize(run_.first_block);
}

Bytes SegmentCommitter::read_fragment(std::uint32_t index, std::stop_token stop) {
    lane_.work_until([&] { return index < fragments_.size(); }, stop);
    const auto entry = lane_.crew().change([&] { return fragments_[index]; });
    Bytes stored(stored_bytes(entry.size));
    pread_exact(target_.fd, stored, target_.offset + entry.start, target_.path);
    if (entry.size & k_block_stored)
        return stored;
    Bytes raw(lane_.pool().block_bytes());
    const auto decompressor = make_decompressor(lane_.pool().compression().id());
    raw.resize(decompressor->decompress(stored, raw));
    return raw;
}

void SegmentCommitter::finish(SegmentData& segment) {
    for (const auto& finished : finished_) {
        auto& content = segment.contents.at(finished.content);
        content.start = finished.run.start;
        content.first_block = finished.run.first_block;
    }
    segment.length_bytes = position_;
    segment.hash = hash_.value();
    segment.block_sizes = std::move(block_sizes_);
    segment.fragments = std::move(fragments_);
}

} // namespace aic::squashfs

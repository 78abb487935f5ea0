// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/fragment_packer.hpp"

#include <algorithm>

namespace aic::squashfs {

/// Raw fragment blocks that are kept to compare files with.
constexpr std::size_t k_recent_bytes = 2U << 20;

FragmentPacker::FragmentPacker(BlockLane& lane, SegmentCommitter& committer)
    : lane_(lane)
    , committer_(committer)
    , block_bytes_(lane.pool().block_bytes())
    , recent_(k_recent_bytes / block_bytes_) {}

Content FragmentPacker::pack(std::span<const std::byte> file, std::stop_token stop) {
    const auto hash = QuickHash::of(file);
    const auto known = known_.find(hash);
    if (known != known_.end() && same_data(known->second, file, stop))
        return {.size_bytes = file.size(),
                .fragment = known->second.fragment,
                .fragment_offset = known->second.offset};

    if (open_ && open_->raw().size() + file.size() > block_bytes_)
        flush(stop);
    if (!open_)
        open_ = &lane_.acquire(stop);
    const Place place{sealed_, static_cast<std::uint32_t>(open_->raw().size()),
                      static_cast<std::uint32_t>(file.size())};
    open_->append(file);
    known_.try_emplace(hash, place);
    return {.size_bytes = file.size(), .fragment = place.fragment, .fragment_offset = place.offset};
}

void FragmentPacker::flush(std::stop_token stop) {
    if (!open_)
        return;
    recent_[sealed_ % recent_.size()].assign(open_->raw().begin(), open_->raw().end());
    ++sealed_;
    auto& job = *std::exchange(open_, nullptr);
    lane_.submit(job);
    committer_.push(SegmentCommitter::FragmentBlock{&job}, stop);
}

bool FragmentPacker::same_data(const Place& place, std::span<const std::byte> file,
                               std::stop_token stop) {
    if (place.size != file.size())
        return false;
    const auto earlier = raw_fragment(place.fragment, stop).subspan(place.offset, place.size);
    return std::equal(file.begin(), file.end(), earlier.begin());
}

std::span<const std::byte> FragmentPacker::raw_fragment(std::uint32_t index, std::stop_token stop) {
    if (index == sealed_)
        return open_->raw();
    if (index + recent_.size() >= sealed_)
        return recent_[index % recent_.size()];
    if (reread_index_ != index) {
        reread_ = committer_.read_fragment(index, stop);
        reread_index_ = index;
    }
    return reread_;
}

} // namespace aic::squashfs

// SPDX-License-Identifier: Apache-2.0
#include "builder/segment_cut.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace aic::builder {

namespace {

using squashfs::Content;
using squashfs::SegmentData;

/// `start`, or the next place that lies in its 4 KiB as `from` does.
std::uint64_t place_for(const Extent& extent, std::uint64_t start) {
    if (extent.length_bytes < k_min_shared_extent_bytes)
        return start;
    return start + (extent.start - start) % squashfs::k_alignment;
}

class Cut {
public:
    Cut(const SegmentData& whole, const LiveSegment& live) : whole_(whole), live_(live) {}

    CutSegment run() {
        cut_.data.block_bytes = whole_.block_bytes;
        plan_moves();
        const auto fragments = take_fragments();
        cut_.data.contents.reserve(whole_.contents.size());
        for (std::size_t i = 0; i < whole_.contents.size(); ++i)
            cut_.data.contents.push_back(live_.contents[i] ? moved(whole_.contents[i], fragments)
                                                           : dead(whole_.contents[i]));
        add_holes();
        return std::move(cut_);
    }

private:
    void plan_moves() {
        std::uint64_t end = 0;
        for (const auto& extent : live_.extents) {
            const auto to = place_for(extent, end);
            cut_.moves.push_back({extent.start, to, extent.length_bytes});
            end = to + extent.length_bytes;
        }
        cut_.data.length_bytes = end;
    }

    /// Where a byte of a live extent is now.
    std::uint64_t place(std::uint64_t start) const {
        const auto next = std::ranges::upper_bound(cut_.moves, start, {}, &ExtentMove::from);
        const auto& move = *std::prev(next);
        return move.to + (start - move.from);
    }

    /// The new number of each fragment block that lives.
    std::vector<std::uint32_t> take_fragments() {
        std::vector<std::uint32_t> numbers(whole_.fragments.size(), squashfs::k_no_fragment);
        for (std::size_t i = 0; i < whole_.contents.size(); ++i)
            if (live_.contents[i] && whole_.contents[i].fragment != squashfs::k_no_fragment)
                numbers[whole_.contents[i].fragment] = 0;
        auto& fragments = cut_.data.fragments;
        for (std::size_t i = 0; i < numbers.size(); ++i)
            if (numbers[i] != squashfs::k_no_fragment) {
                numbers[i] = static_cast<std::uint32_t>(fragments.size());
                fragments.push_back(
                    {place(whole_.fragments[i].start), whole_.fragments[i].size, 0});
            }
        return numbers;
    }

    Content moved(Content content, const std::vector<std::uint32_t>& fragments) {
        const auto blocks = whole_.blocks_of(content);
        if (content.fragment != squashfs::k_no_fragment)
            content.fragment = fragments[content.fragment];
        // Where all blocks are holes, the start leads nowhere.
        const bool has_bytes =
            std::ranges::any_of(blocks, [](auto size) { return squashfs::stored_bytes(size) > 0; });
        content.start = has_bytes ? place(content.start) : 0;
        content.first_block = take_blocks(content.first_block, blocks);
        return content;
    }

    /// Equal files of a layer share their block sizes, and go on doing so.
    std::uint32_t take_blocks(std::uint32_t first, std::span<const std::uint32_t> blocks) {
        if (blocks.empty())
            return 0;
        auto& sizes = cut_.data.block_sizes;
        const auto [known, is_new] = first_blocks_.try_emplace(
            {first, blocks.size()}, static_cast<std::uint32_t>(sizes.size()));
        if (is_new)
            sizes.insert(sizes.end(), blocks.begin(), blocks.end());
        return known->second;
    }

    Content dead(const Content& content) {
        Content holes{.size_bytes = content.size_bytes};
        most_holes_ = std::max(most_holes_, cut_.data.block_count(holes));
        return holes;
    }

    /// One row of holes, behind all blocks, serves every dead content.
    void add_holes() {
        auto& sizes = cut_.data.block_sizes;
        const auto first = static_cast<std::uint32_t>(sizes.size());
        sizes.resize(sizes.size() + most_holes_);
        for (std::size_t i = 0; i < live_.contents.size(); ++i)
            if (!live_.contents[i])
                cut_.data.contents[i].first_block = first;
    }

    const SegmentData& whole_;
    const LiveSegment& live_;
    CutSegment cut_;
    std::map<std::pair<std::uint32_t, std::size_t>, std::uint32_t> first_blocks_;
    std::uint64_t most_holes_ = 0;
};

} // namespace

CutSegment cut_segment(const SegmentData& whole, const LiveSegment& live) {
    return Cut(whole, live).run();
}

} // namespace aic::builder

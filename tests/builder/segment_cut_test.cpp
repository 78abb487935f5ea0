// SPDX-License-Identifier: Apache-2.0
#include "builder/segment_cut.hpp"

#include <gtest/gtest.h>

namespace aic::builder {

using squashfs::SegmentData;

namespace {

/// Three files of two blocks, one fragment block, one more file; stored blocks of `block_bytes`.
SegmentData three_files(std::uint32_t block_bytes) {
    const auto stored = block_bytes | squashfs::k_block_stored;
    SegmentData data{.block_bytes = block_bytes, .length_bytes = 7ULL * block_bytes, .hash = {}};
    for (std::uint32_t i = 0; i < 3; ++i) {
        data.contents.push_back({.size_bytes = 2ULL * block_bytes,
                                 .start = 2ULL * i * block_bytes,
                                 .first_block = 2 * i});
        data.block_sizes.insert(data.block_sizes.end(), 2, stored);
    }
    data.fragments.push_back({6ULL * block_bytes, stored, 0});
    data.contents.push_back({.size_bytes = 10, .fragment = 0, .fragment_offset = 100});
    return data;
}

LiveSegment only(const SegmentData& data, const std::vector<bool>& contents,
                 const std::vector<Extent>& extents) {
    LiveSegment live{.contents = contents, .extents = extents};
    for (const auto& extent : extents)
        live.live_bytes += extent.length_bytes;
    live.dead_bytes = data.length_bytes - live.live_bytes;
    return live;
}

} // namespace

TEST(SegmentCutTest, what_lives_moves_together_and_keeps_its_number) {
    const auto whole = three_files(4096);
    const auto cut = cut_segment(
        whole, only(whole, {false, true, false, true}, {{2 * 4096, 2 * 4096}, {6 * 4096, 4096}}));
    EXPECT_EQ(cut.data.length_bytes, 3U * 4096);
    ASSERT_EQ(cut.moves.size(), 2U);
    EXPECT_EQ(cut.moves[1].from, 6U * 4096);
    EXPECT_EQ(cut.moves[1].to, 2U * 4096);
    EXPECT_EQ(cut.data.contents[1].start, 0U);
    EXPECT_EQ(cut.data.blocks_of(cut.data.contents[1]).size(), 2U);
    EXPECT_EQ(cut.data.contents[3].fragment, 0U);
    EXPECT_EQ(cut.data.contents[3].fragment_offset, 100U);
    EXPECT_EQ(cut.data.fragments[0].start, 2U * 4096);
}

TEST(SegmentCutTest, what_is_dead_becomes_holes_of_its_size) {
    const auto whole = three_files(4096);
    const auto cut =
        cut_segment(whole, only(whole, {false, true, true, false}, {{2 * 4096, 4 * 4096}}));
    for (const auto dead : {0U, 3U}) {
        const auto& content = cut.data.contents[dead];
        EXPECT_EQ(content.size_bytes, whole.contents[dead].size_bytes);
        EXPECT_EQ(content.fragment, squashfs::k_no_fragment);
        for (const auto size : cut.data.blocks_of(content))
            EXPECT_EQ(size, 0U);
    }
    EXPECT_TRUE(cut.data.fragments.empty());
}

TEST(SegmentCutTest, a_long_extent_keeps_its_place_in_its_4_kib) {
    auto whole = three_files(1 << 20);
    whole.block_sizes[0] -= 1000; // so that what follows is aligned no more
    for (std::size_t i = 1; i < 3; ++i)
        whole.contents[i].start -= 1000;
    const Extent longer{(2 << 20) - 1000, 2 << 20};
    const auto cut = cut_segment(whole, only(whole, {false, true, false, false}, {longer}));
    ASSERT_EQ(cut.moves.size(), 1U);
    EXPECT_EQ(cut.moves[0].to, longer.start % 4096);
}

TEST(SegmentCutTest, nothing_lives_of_a_layer_that_is_shadowed_whole) {
    const auto whole = three_files(4096);
    const auto cut = cut_segment(whole, only(whole, {false, false, false, false}, {}));
    EXPECT_EQ(cut.data.length_bytes, 0U);
    EXPECT_TRUE(cut.moves.empty());
}

} // namespace aic::builder

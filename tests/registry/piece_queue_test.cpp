// SPDX-License-Identifier: Apache-2.0
#include "registry/piece_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <vector>

namespace aic::registry {

constexpr auto k_piece = PieceQueue::k_least_piece_bytes;

TEST(PieceQueueTest, small_blobs_come_whole_and_in_their_order) {
    BlobDownload small, large;
    small.descriptor.size_bytes = 10;
    large.descriptor.size_bytes = PieceQueue::k_split_above_bytes;
    PieceQueue queue({&small, &large});
    EXPECT_EQ(queue.take()->download, &small);
    const auto second = queue.take();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->download, &large);
    EXPECT_EQ(*second->range, large.whole());
    EXPECT_FALSE(queue.take());
}

TEST(PieceQueueTest, a_large_blob_is_shared_once_the_registry_has_served_a_part) {
    BlobDownload blob;
    blob.descriptor.size_bytes = 9 * k_piece + 5;
    blob.active.push_back({3 * k_piece + 5, 9 * k_piece + 5}); // or there were many more
    blob.ranges_work = true;
    PieceQueue queue({&blob});
    EXPECT_EQ(*queue.take()->range, (ByteRange{0, k_piece}));
    EXPECT_EQ(*queue.take()->range, (ByteRange{k_piece, 2 * k_piece}));
    EXPECT_EQ(*queue.take()->range, (ByteRange{2 * k_piece, 3 * k_piece}));
    EXPECT_EQ(*queue.take()->range, (ByteRange{3 * k_piece, 3 * k_piece + 5}));
    EXPECT_FALSE(queue.take());
}

TEST(PieceQueueTest, one_piece_shows_whether_the_registry_serves_parts) {
    BlobDownload blob;
    blob.descriptor.size_bytes = 20 * k_piece;
    PieceQueue queue({&blob});
    EXPECT_TRUE(queue.take());
    EXPECT_FALSE(queue.take());
    blob.ranges_work = true;
    EXPECT_TRUE(queue.take());
}

TEST(PieceQueueTest, pieces_become_smaller_towards_the_end) {
    BlobDownload blob;
    blob.descriptor.size_bytes = 2ULL << 30;
    blob.ranges_work = true;
    PieceQueue queue({&blob});
    std::vector<std::uint64_t> sizes;
    while (const auto piece = queue.take())
        sizes.push_back(piece->range->end - piece->range->begin);
    EXPECT_EQ(sizes.front(), PieceQueue::k_most_piece_bytes);
    EXPECT_LE(sizes.back(), PieceQueue::k_least_piece_bytes);
    EXPECT_TRUE(std::ranges::is_sorted(sizes, std::greater<>()));
    EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}), 2ULL << 30);
    EXPECT_LT(sizes.size(), 110U); // 64 of the largest kind would do
}

TEST(PieceQueueTest, the_next_blob_begins_when_all_of_the_one_before_is_being_fetched) {
    BlobDownload first, second;
    first.descriptor.size_bytes = 9 * k_piece;
    second.descriptor.size_bytes = 10 * k_piece;
    first.ranges_work = second.ranges_work = true;
    PieceQueue queue({&first, &second});
    for (int i = 0; i < 9; ++i)
        EXPECT_EQ(queue.take()->download, &first);
    EXPECT_EQ(queue.take()->download, &second);
}

TEST(PieceQueueTest, an_empty_blob_is_asked_for_once) {
    BlobDownload empty;
    PieceQueue queue({&empty});
    const auto piece = queue.take();
    ASSERT_TRUE(piece);
    EXPECT_FALSE(queue.take());
    empty.active.erase(piece->range);
    empty.is_finished = true;
    EXPECT_FALSE(queue.take());
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/piece_queue.hpp"

#include <gtest/gtest.h>

namespace aic::registry {

constexpr auto k_piece = PieceQueue::k_piece_bytes;

TEST(PieceQueueTest, small_blobs_come_whole_and_the_largest_first) {
    BlobDownload small, large;
    small.descriptor.size_bytes = 10;
    large.descriptor.size_bytes = PieceQueue::k_split_above_bytes;
    PieceQueue queue({&small, &large});
    const auto first = queue.take();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->download, &large);
    EXPECT_EQ(*first->range, large.whole());
    EXPECT_EQ(queue.take()->download, &small);
    EXPECT_FALSE(queue.take());
}

TEST(PieceQueueTest, a_large_blob_is_shared_once_the_registry_has_served_a_part) {
    BlobDownload blob;
    blob.descriptor.size_bytes = 3 * k_piece + 5;
    PieceQueue queue({&blob});
    EXPECT_EQ(*queue.take()->range, (ByteRange{0, k_piece}));
    EXPECT_FALSE(queue.take());
    blob.ranges_work = true;
    EXPECT_EQ(*queue.take()->range, (ByteRange{k_piece, 2 * k_piece}));
    EXPECT_EQ(*queue.take()->range, (ByteRange{2 * k_piece, 3 * k_piece}));
    EXPECT_EQ(*queue.take()->range, (ByteRange{3 * k_piece, 3 * k_piece + 5}));
    EXPECT_FALSE(queue.take());
}

TEST(PieceQueueTest, the_blob_with_most_left_comes_first) {
    BlobDownload first, second;
    first.descriptor.size_bytes = 4 * k_piece;
    second.descriptor.size_bytes = 3 * k_piece + 1;
    first.ranges_work = second.ranges_work = true;
    PieceQueue queue({&first, &second});
    EXPECT_EQ(queue.take()->download, &first);
    EXPECT_EQ(queue.take()->download, &second);
    EXPECT_EQ(queue.take()->download, &first);
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

// SPDX-License-Identifier: Apache-2.0
#include "registry/piece_queue.hpp"

#include <gtest/gtest.h>

namespace aic::registry {

constexpr auto k_piece = PieceQueue::k_piece_bytes;

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

TEST(PieceQueueTest, the_next_blob_begins_when_all_of_the_one_before_is_being_fetched) {
    BlobDownload first, second;
    first.descriptor.size_bytes = 3 * k_piece;
    second.descriptor.size_bytes = 4 * k_piece;
    first.ranges_work = second.ranges_work = true;
    PieceQueue queue({&first, &second});
    for (int i = 0; i < 3; ++i)
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

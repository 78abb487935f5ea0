// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/layer_index.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/golden_file.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layer_stack.hpp"

namespace aic::layers {

using testing::LayerBuilder;
using testing::LayerStack;

/// A layer with every kind of entry, small and large files, and a hole.
std::string rich_tar() {
    return LayerBuilder()
        .directory("usr", {.mode = 0711, .uid = 1, .gid = 2, .mtime = -7})
        .file("usr/small", "small", {.mode = 04755, .xattrs = {{"user.a", "b"}}})
        .file("usr/empty", "")
        .file("usr/large", std::string(5000, 'l'))
        .pax_sparse("usr/sparse", 40'000, {{8192, std::string(4096, 's')}})
        .symlink("usr/link", "small")
        .hardlink("usr/hard", "usr/small")
        .fifo("usr/fifo")
        .char_device("usr/null", 1, 3)
        .whiteout("gone")
        .opaque("opt")
        .tar();
}

Bytes encoded(const LayerStack& stack, std::size_t layers) {
    std::vector<const LayerIndex*> indexes;
    for (std::size_t i = 0; i < layers; ++i)
        indexes.push_back(&stack.layer(i));
    return encode_layer_indexes(indexes);
}

TEST(LayerIndexTest, what_is_encoded_decodes_to_the_same_bytes) {
    LayerStack stack;
    stack.add(rich_tar());
    stack.add(LayerBuilder().tar());
    const auto file = encoded(stack, 2);
    const auto layers = decode_layer_indexes(file);
    ASSERT_EQ(layers.size(), 2U);
    EXPECT_EQ(encode_layer_indexes({&layers[0], &layers[1]}), file);
}

TEST(LayerIndexTest, entries_come_back_as_they_went_in) {
    LayerStack stack;
    stack.add(rich_tar());
    const auto layers = decode_layer_indexes(encoded(stack, 1));
    const auto entries = testing::entries_of(layers.at(0));
    ASSERT_EQ(entries.size(), 11U);
    EXPECT_EQ(layers[0].entry_count, 11U);
    EXPECT_EQ(entries[0].mtime_seconds, -7);
    EXPECT_EQ(entries[1].path, "usr/small");
    EXPECT_EQ(entries[1].mode, 04755);
    EXPECT_EQ(entries[1].xattrs.at(0).value, "b");
    EXPECT_FALSE(entries[2].content);
    EXPECT_EQ(entries[5].target, "small");
    EXPECT_EQ(entries[6].target, "usr/small");
    EXPECT_EQ(entries[8].device_minor, 3U);
    EXPECT_EQ(entries[9].type, EntryType::whiteout);
    EXPECT_EQ(entries[10].path, "opt");
}

TEST(LayerIndexTest, more_entries_than_their_bytes_can_hold_are_refused) {
    LayerStack stack;
    stack.add(rich_tar());
    auto layer = decode_layer_indexes(encoded(stack, 1)).at(0);
    layer.entry_count = std::uint64_t{1} << 40; // memory is set aside for as many
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "more entries",
                        decode_layer_indexes(encode_layer_indexes({&layer})));
}

TEST(LayerIndexTest, a_file_cut_at_any_byte_is_refused) {
    LayerStack stack;
    stack.add(rich_tar());
    const auto file = encoded(stack, 1);
    for (std::size_t size = 0; size < file.size(); ++size)
        EXPECT_ERROR(ErrorKind::integrity, decode_layer_indexes(std::span(file).first(size)))
            << size;
}

TEST(LayerIndexTest, bytes_after_the_last_layer_are_refused) {
    auto file = encode_layer_indexes({});
    file.push_back(std::byte{0});
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "after its last layer", decode_layer_indexes(file));
}

TEST(LayerIndexTest, a_newer_version_is_refused) {
    auto file = encode_layer_indexes({});
    file.at(11) = std::byte{3};
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "newer", decode_layer_indexes(file));
}

/// As in foreign images: a whole block, and a rest in a fragment block.
LayerIndex layer_with_tail() {
    LayerIndex layer;
    layer.segment = {.block_bytes = 4096,
                     .length_bytes = 8192,
                     .contents = {{.size_bytes = 4096 + 100,
                                   .start = 96,
                                   .fragment = 0,
                                   .fragment_offset = 3000}},
                     .block_sizes = {1000},
                     .fragments = {{2000, 500, 0}}};
    return layer;
}

TEST(LayerIndexTest, blocks_and_a_tail_come_back_in_version_2) {
    const auto layer = layer_with_tail();
    const auto file = encode_layer_indexes({&layer});
    EXPECT_EQ(file.at(11), std::byte{2});
    const auto decoded = decode_layer_indexes(file);
    const auto& content = decoded.at(0).segment.contents.at(0);
    EXPECT_EQ(content.start, 96U);
    EXPECT_EQ(content.fragment_offset, 3000U);
    EXPECT_EQ(encode_layer_indexes({&decoded[0]}), file);
}

TEST(LayerIndexTest, version_1_has_no_blocks_with_a_tail) {
    const auto layer = layer_with_tail();
    auto file = encode_layer_indexes({&layer});
    file.at(11) = std::byte{1};
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "leaves its fragment", decode_layer_indexes(file));
}

TEST(LayerIndexTest, a_tail_outside_its_fragment_block_is_refused) {
    auto layer = layer_with_tail();
    layer.segment.contents[0].fragment_offset = 4000;
    const auto file = encode_layer_indexes({&layer});
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "leaves its fragment", decode_layer_indexes(file));
}

TEST(LayerIndexTest, blocks_before_a_tail_stay_in_the_segment) {
    auto layer = layer_with_tail();
    layer.segment.contents[0].start = 8000;
    const auto file = encode_layer_indexes({&layer});
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "leaves its segment", decode_layer_indexes(file));
}

TEST(LayerIndexTest, entries_cut_at_any_byte_do_not_read_beyond) {
    LayerStack stack;
    auto index = stack.add(rich_tar());
    const auto whole = index.entries;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        index.entries.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        // A cut between two entries is no damage that an entry could tell.
        const auto error = testing::error_thrown_by([&] { testing::entries_of(index); });
        EXPECT_TRUE(!error || error->kind() == ErrorKind::integrity) << size;
    }
}

TEST(LayerIndexTest, the_format_is_that_of_the_golden_file) {
    LayerStack stack;
    stack.add(rich_tar());
    const auto file = encoded(stack, 1);
    testing::expect_golden("layers.idx", as_text(file));
}

} // namespace aic::layers

// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/segment_writer.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/segment_maker.hpp"

#include <random>

namespace aic::squashfs {

using testing::MadeSegment;
using testing::make_segment;

std::string noise(std::size_t size, unsigned seed) {
    std::minstd_rand random(seed);
    std::string text(size, '\0');
    for (char& c : text)
        c = static_cast<char>('a' + random() % 16);
    return text;
}

/// Small and large files, some of them twice, some with zeros.
std::vector<std::string> many_files() {
    std::vector<std::string> files;
    for (unsigned i = 0; i < 400; ++i)
        files.push_back(noise(1 + i * 37 % 20'000, i % 300));
    files.push_back(std::string(50'000, '\0'));
    files.push_back(noise(4096, 1) + std::string(8192, '\0') + noise(100, 2));
    return files;
}

TEST(SegmentWriterTest, any_number_of_threads_makes_the_same_bytes) {
    const auto files = many_files();
    const auto one = make_segment({.threads = 1}, files);
    for (const unsigned threads : {2U, 8U}) {
        const auto many = make_segment({.threads = threads}, files);
        EXPECT_TRUE(many.bytes == one.bytes) << threads;
        EXPECT_EQ(many.data.hash, one.data.hash) << threads;
        EXPECT_EQ(many.data.block_sizes, one.data.block_sizes) << threads;
    }
}

TEST(SegmentWriterTest, the_hash_is_that_of_the_bytes) {
    const auto made = make_segment({}, many_files());
    EXPECT_EQ(made.data.hash, ContentHash::of(made.bytes));
}

TEST(SegmentWriterTest, the_offset_changes_nothing) {
    const auto files = many_files();
    const auto here = make_segment({.offset = 0}, files);
    const auto there = make_segment({.offset = 1 << 20}, files);
    EXPECT_TRUE(here.bytes == there.bytes);
    EXPECT_EQ(here.data.contents.back().start, there.data.contents.back().start);
}

TEST(SegmentWriterTest, the_same_small_file_is_stored_once) {
    const auto made = make_segment({}, {noise(1000, 1), noise(500, 2), noise(1000, 1)});
    EXPECT_EQ(made.data.contents[2].fragment, made.data.contents[0].fragment);
    EXPECT_EQ(made.data.contents[2].fragment_offset, made.data.contents[0].fragment_offset);
}

TEST(SegmentWriterTest, the_same_small_file_is_found_long_after) {
    std::vector<std::string> files = {noise(1000, 1)};
    for (unsigned i = 0; i < 9000; ++i)
        files.push_back(noise(3000, 10 + i));
    const auto alone = make_segment({}, files).bytes.size();
    files.push_back(noise(1000, 1));
    const auto made = make_segment({}, files);
    EXPECT_EQ(made.bytes.size(), alone);
    EXPECT_EQ(made.data.contents.back().fragment, 0U);
}

TEST(SegmentWriterTest, the_same_large_file_is_stored_once) {
    const auto file = noise(30'000, 1);
    const auto once = make_segment({}, {file});
    const auto twice = make_segment({}, {file, file});
    EXPECT_TRUE(twice.bytes == once.bytes);
    EXPECT_EQ(twice.data.contents[1].start, twice.data.contents[0].start);
    EXPECT_EQ(twice.data.contents[1].first_block, twice.data.contents[0].first_block);
}

TEST(SegmentWriterTest, different_files_of_one_size_are_not_the_same) {
    const auto made =
        make_segment({}, {noise(30'000, 1), noise(30'000, 2), noise(900, 3), noise(900, 4)});
    EXPECT_NE(made.data.contents[0].start, made.data.contents[1].start);
    EXPECT_NE(made.data.contents[2].fragment_offset, made.data.contents[3].fragment_offset);
}

TEST(SegmentWriterTest, files_that_differ_in_their_holes_only_are_not_the_same) {
    const auto block = noise(4096, 1);
    const std::string zeros(4096, '\0');
    const auto made = make_segment({}, {block + zeros + block, block + block + zeros});
    const auto& contents = made.data.contents;
    EXPECT_NE(contents[0].first_block, contents[1].first_block);
}

TEST(SegmentWriterTest, a_file_taken_back_in_between_leaves_no_gap) {
    const auto a = noise(30'000, 1), b = noise(20'000, 2);
    const auto with = make_segment({}, {a, a, b});
    const auto without = make_segment({}, {a, b});
    EXPECT_TRUE(with.bytes == without.bytes);
    EXPECT_EQ(with.data.hash, without.data.hash);
}

TEST(SegmentWriterTest, a_file_taken_back_at_the_end_is_not_in_the_hash) {
    const auto a = noise(30'000, 1), b = noise(20'000, 2);
    EXPECT_EQ(make_segment({}, {a, b, a}).data.hash, make_segment({}, {a, b}).data.hash);
}

TEST(SegmentWriterTest, bytes_with_an_owner_are_as_copied_ones) {
    const std::vector<std::string> files = {noise(30'000, 1), noise(4096, 2), noise(100, 3),
                                            std::string(9000, '\0'), noise(30'000, 1)};
    const auto copied = make_segment({.threads = 2}, files);
    for (const std::size_t piece_bytes : {1U, 100U, 5000U, 30'000U}) {
        const auto held = make_segment({.threads = 2}, [&](SegmentWriter& writer,
                                                           std::stop_token stop) {
            for (const auto& file : files) {
                writer.begin(file.size());
                for (std::size_t at = 0; at < file.size(); at += piece_bytes) {
                    // Gone, and written over, as soon as the writer lets go.
                    auto piece = std::make_shared<std::string>(file.substr(at, piece_bytes));
                    const auto bytes = as_bytes(std::string_view(*piece));
                    writer.write({bytes, std::shared_ptr<void>(
                                             piece.get(),
                                             [piece](void*) { std::ranges::fill(*piece, '?'); })},
                                 stop);
                }
                writer.end(stop);
            }
        });
        EXPECT_TRUE(held.bytes == copied.bytes) << piece_bytes;
        EXPECT_EQ(held.data.hash, copied.data.hash) << piece_bytes;
    }
}

TEST(SegmentWriterTest, zeros_take_no_space) {
    const auto made = make_segment({}, {std::string(1 << 20, '\0')});
    EXPECT_EQ(made.data.length_bytes, 0U);
    EXPECT_EQ(made.data.block_sizes, std::vector<std::uint32_t>(256, 0));
}

TEST(SegmentWriterTest, skipped_bytes_are_as_written_zeros) {
    const auto start = noise(5000, 1), end = noise(3000, 2);
    const auto written = make_segment({}, {start + std::string(40'000, '\0') + end});
    const auto skipped = make_segment({}, [&](SegmentWriter& writer, std::stop_token stop) {
        writer.begin(48'000);
        writer.write({as_bytes(start)}, stop);
        writer.skip(40'000, stop);
        writer.write({as_bytes(end)}, stop);
        writer.end(stop);
    });
    EXPECT_TRUE(skipped.bytes == written.bytes);
    EXPECT_EQ(skipped.data.block_sizes, written.data.block_sizes);
}

TEST(SegmentWriterTest, what_is_not_written_at_a_files_end_is_a_hole) {
    const auto made = make_segment({}, [](SegmentWriter& writer, std::stop_token stop) {
        writer.begin(1ULL << 32);
        writer.end(stop);
    });
    EXPECT_EQ(made.data.length_bytes, 0U);
    EXPECT_EQ(made.data.contents[0].size_bytes, 1ULL << 32);
    EXPECT_EQ(made.data.block_sizes.size(), (1ULL << 32) / 4096);
}

TEST(SegmentWriterTest, no_files_are_an_empty_segment) {
    EXPECT_EQ(make_segment({}, std::vector<std::string>()).data.length_bytes, 0U);
}

TEST(SegmentWriterTest, a_file_longer_than_announced_is_refused) {
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "longer than its header",
                        make_segment({}, [](SegmentWriter& writer, std::stop_token stop) {
                            writer.begin(3);
                            writer.write({as_bytes("four")}, stop);
                        }));
}

TEST(SegmentWriterTest, a_sparse_file_beyond_all_measure_is_refused) {
    EXPECT_ERROR_SAYING(
        ErrorKind::integrity, "add up to more than",
        make_segment({}, [](SegmentWriter& writer, std::stop_token) { writer.begin(1ULL << 50); }));
}

} // namespace aic::squashfs

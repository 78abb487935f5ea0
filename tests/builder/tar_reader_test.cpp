// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/tar_reader.hpp"
#include "core/bytes.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/layer_builder.hpp"

#include <clocale>
#include <vector>

namespace aic::layers {

using testing::LayerBuilder;
using testing::LongName;

/// Hands a tar to the reader in pieces of so many bytes.
TarPieces pieces_of(std::string_view tar, std::size_t piece_bytes = 1 << 20) {
    return [tar, piece_bytes]() mutable {
        const auto piece = tar.substr(0, piece_bytes);
        tar.remove_prefix(piece.size());
        return as_bytes(piece);
    };
}

struct ReadEntry {
    LayerEntry entry;
    std::uint64_t size_bytes;
    std::string content; ///< with zeros where the holes are
};

std::vector<ReadEntry> read(std::string_view tar, std::size_t piece_bytes = 1 << 20) {
    TarReader reader(pieces_of(tar, piece_bytes));
    std::vector<ReadEntry> entries;
    while (auto item = reader.next()) {
        std::string content;
        while (const auto piece = reader.data()) {
            content.resize(piece->offset);
            content += as_text(piece->bytes);
        }
        entries.push_back({item->entry, item->size_bytes, content});
    }
    reader.drain();
    return entries;
}

LayerEntry first_entry(std::string_view tar) {
    return read(tar).at(0).entry;
}

/// A locale of the C library for one test.
class TarNames : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        if (!std::setlocale(LC_ALL, GetParam()))
            GTEST_SKIP() << "the locale " << GetParam() << " is missing";
    }

    void TearDown() override { std::setlocale(LC_ALL, "C"); }

    static std::vector<std::string> names() {
        return {"na\xc3\xafve", "nai\xcc\x88ve", "na\xefve", "\xff\xfe",
                "\xe6\x97\xa5\xe6\x9c\xac"};
    }
};

TEST_P(TarNames, are_raw_bytes_in_ustar) {
    for (const auto& name : names())
        EXPECT_EQ(first_entry(LayerBuilder().file(name, "x").tar()).path, name);
}

TEST_P(TarNames, are_raw_bytes_in_pax) {
    for (const auto& name : names())
        EXPECT_EQ(first_entry(LayerBuilder().file("x", "x", {.pax = {{"path", name}}}).tar()).path,
                  name);
}

TEST_P(TarNames, are_raw_bytes_in_gnu_long_names) {
    for (const auto& name : names()) {
        const auto path = std::string(100, 'd') + "/" + name;
        const auto tar = LayerBuilder().file(path, "x", {.long_name = LongName::gnu}).tar();
        EXPECT_EQ(first_entry(tar).path, path);
    }
}

TEST_P(TarNames, are_raw_bytes_in_link_targets) {
    for (const auto& name : names()) {
        EXPECT_EQ(first_entry(LayerBuilder().symlink("l", name).tar()).target, name);
        EXPECT_EQ(first_entry(LayerBuilder().symlink("l", "x", {.pax = {{"linkpath", name}}}).tar())
                      .target,
                  name);
    }
}

INSTANTIATE_TEST_SUITE_P(Locales, TarNames, ::testing::Values("C", "C.UTF-8"),
                         [](const auto& parameter) {
                             return std::string(parameter.param) == "C" ? "C" : "UTF8";
                         });

TEST(TarReaderTest, owners_of_32_bits_arrive) {
    const auto entry =
        first_entry(LayerBuilder().file("a", "x", {.uid = 4294967294, .gid = 3000000000}).tar());
    EXPECT_EQ(entry.uid, 4294967294U);
    EXPECT_EQ(entry.gid, 3000000000U);
}

TEST(TarReaderTest, an_owner_of_more_than_32_bits_is_refused) {
    const auto tar = LayerBuilder().file("a", "x", {.uid = 1ULL << 33}).tar();
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "no image can hold", read(tar));
}

TEST(TarReaderTest, a_time_before_1970_keeps_its_sign) {
    EXPECT_EQ(first_entry(LayerBuilder().file("a", "x", {.mtime = -86400}).tar()).mtime_seconds,
              -86400);
}

TEST(TarReaderTest, a_pax_time_keeps_its_fraction) {
    const auto entry =
        first_entry(LayerBuilder().file("a", "x", {.pax = {{"mtime", "1234.5678"}}}).tar());
    EXPECT_EQ(entry.mtime_seconds, 1234);
    EXPECT_EQ(entry.mtime_nanoseconds, 567'800'000U);
}

TEST(TarReaderTest, sizes_over_8_gib_are_read) {
    const std::uint64_t size = 9ULL << 30;
    const auto header = testing::tar_header('0', "big", size, {});
    for (const auto& tar :
         {LayerBuilder()
              .file("big", "",
                    {.tamper = [&](auto& raw) { raw.replace(124, 12, header, 124, 12); }})
              .without_end(),
          LayerBuilder()
              .file("big", "", {.pax = {{"size", std::to_string(size)}}})
              .without_end()}) {
        TarReader reader(pieces_of(tar));
        EXPECT_EQ(reader.next().value().size_bytes, size);
    }
}

TEST(TarReaderTest, kinds_are_told_apart) {
    const auto entries = read(LayerBuilder()
                                  .directory("d")
                                  .symlink("l", "t")
                                  .hardlink("h", "/d/../t")
                                  .fifo("p")
                                  .char_device("c", 5, 300)
                                  .tar());
    ASSERT_EQ(entries.size(), 5U);
    EXPECT_EQ(entries[0].entry.type, EntryType::directory);
    EXPECT_EQ(entries[1].entry.type, EntryType::symlink);
    EXPECT_EQ(entries[2].entry.type, EntryType::hardlink);
    EXPECT_EQ(entries[2].entry.target, "t");
    EXPECT_EQ(entries[3].entry.type, EntryType::fifo);
    EXPECT_EQ(entries[4].entry.type, EntryType::char_device);
    EXPECT_EQ(entries[4].entry.device_major, 5U);
    EXPECT_EQ(entries[4].entry.device_minor, 300U);
}

TEST(TarReaderTest, whiteouts_are_recognised) {
    const auto entries = read(LayerBuilder().whiteout("d/a").opaque("d").opaque("").tar());
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].entry.type, EntryType::whiteout);
    EXPECT_EQ(entries[0].entry.path, "d/a");
    EXPECT_EQ(entries[1].entry.type, EntryType::opaque);
    EXPECT_EQ(entries[1].entry.path, "d");
    EXPECT_EQ(entries[2].entry.path, "");
}

TEST(TarReaderTest, attributes_are_sorted_and_binary) {
    const std::string value("a\0\xff", 3);
    const auto entry = first_entry(
        LayerBuilder().file("a", "x", {.xattrs = {{"user.z", value}, {"user.b", ""}}}).tar());
    EXPECT_THAT(entry.xattrs, ::testing::ElementsAre(Xattr{"user.b", ""}, Xattr{"user.z", value}));
}

TEST(TarReaderTest, sparse_files_of_both_forms_have_their_holes) {
    const std::vector<testing::SparsePiece> pieces = {{512, std::string(512, 'a')},
                                                      {4096, std::string(10, 'b')}};
    const auto content = std::string(512, '\0') + std::string(512, 'a') + std::string(3072, '\0')
                         + std::string(10, 'b');
    for (const auto& tar : {LayerBuilder().gnu_sparse("s", 10'000, pieces).tar(),
                            LayerBuilder().pax_sparse("s", 10'000, pieces).tar()}) {
        const auto entries = read(tar);
        ASSERT_EQ(entries.size(), 1U);
        EXPECT_EQ(entries[0].entry.path, "s");
        EXPECT_EQ(entries[0].size_bytes, 10'000U);
        EXPECT_EQ(entries[0].content.substr(0, content.size()), content);
    }
}

TEST(TarReaderTest, a_tar_without_end_blocks_is_complete) {
    EXPECT_EQ(read(LayerBuilder().file("a", "x").file("b", "y").without_end()).size(), 2U);
}

TEST(TarReaderTest, nothing_at_all_is_an_empty_layer) {
    EXPECT_TRUE(read("").empty());
    EXPECT_TRUE(read(LayerBuilder().tar()).empty());
}

TEST(TarReaderTest, an_unpadded_last_block_is_accepted) {
    const auto padded = LayerBuilder().file("a", "x").file("b", "hello").without_end();
    const auto entries = read(padded.substr(0, padded.size() - 507));
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[1].content, "hello");
}

TEST(TarReaderTest, an_end_within_data_is_refused) {
    const auto tar = LayerBuilder().file("a", std::string(2000, 'x')).without_end();
    for (const std::size_t cut : {513, 1000, 1024, 2047, 2511})
        EXPECT_ERROR(ErrorKind::integrity, read(tar.substr(0, cut))) << cut;
}

TEST(TarReaderTest, an_end_within_a_header_is_refused) {
    const auto tar = LayerBuilder().file("a", "x").file("b", "y").without_end();
    for (const std::size_t cut : {1025, 1100, 1300, 1535})
        EXPECT_ERROR(ErrorKind::integrity, read(tar.substr(0, cut))) << cut;
}

TEST(TarReaderTest, a_damaged_checksum_is_refused) {
    auto tar = LayerBuilder().file("a", "x").file("b", "y").tar();
    tar[1024] = 'c';
    EXPECT_ERROR(ErrorKind::integrity, read(tar));
}

TEST(TarReaderTest, bytes_after_the_end_are_passed_over) {
    const auto tar = LayerBuilder().file("a", "x").tar() + std::string(5000, 'z');
    EXPECT_EQ(read(tar).size(), 1U);
}

TEST(TarReaderTest, drain_takes_every_piece) {
    const auto tar = LayerBuilder().file("a", "x").tar() + std::string(5000, 'z');
    std::size_t taken = 0;
    TarReader reader([&, pieces = pieces_of(tar, 700)]() mutable {
        const auto piece = pieces();
        taken += piece.size();
        return piece;
    });
    while (reader.next())
        while (reader.data()) {
        }
    reader.drain();
    EXPECT_EQ(taken, tar.size());
}

TEST(TarReaderTest, a_global_header_is_ignored) {
    const auto entries =
        read(LayerBuilder().global_header({{"comment", "0123abc"}}).file("a", "x").tar());
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].entry.path, "a");
}

TEST(TarReaderTest, pieces_of_any_size_give_the_same) {
    const auto tar = LayerBuilder()
                         .file(std::string(150, 'n'), std::string(3000, 'x'))
                         .gnu_sparse("s", 9000, {{1024, std::string(600, 'y')}})
                         .tar();
    const auto whole = read(tar);
    for (const std::size_t size : {1, 7, 511, 512, 513, 4096}) {
        const auto pieced = read(tar, size);
        ASSERT_EQ(pieced.size(), whole.size()) << size;
        for (std::size_t i = 0; i < whole.size(); ++i)
            EXPECT_EQ(pieced[i].content, whole[i].content) << size;
    }
}

TEST(TarReaderTest, a_failing_source_keeps_its_error) {
    TarReader reader([tar = LayerBuilder().file("a", "x").without_end(), done = false]() mutable {
        if (std::exchange(done, true))
            throw Error(ErrorKind::network, "cut off");
        return as_bytes(tar);
    });
    const auto read_all_entries = [&] {
        while (reader.next())
            while (reader.data()) {
            }
    };
    EXPECT_ERROR_SAYING(ErrorKind::network, "cut off", read_all_entries());
}

TEST(TarReaderTest, other_formats_are_refused) {
    for (const std::string text : {"PK\x03\x04zip", "070701cpio", "!<arch>\nar"})
        EXPECT_ERROR(ErrorKind::integrity, read(text + std::string(1024, 'x'))) << text;
}

} // namespace aic::layers

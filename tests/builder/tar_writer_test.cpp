// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/tar_reader.hpp"
#include "builder/layers/tar_writer.hpp"
#include "core/error.hpp"
#include "tests/support/expect_error.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace aic::layers {
namespace {

class ByteSink final : public Sink {
public:
    void write(std::span<const std::byte> bytes) override { text += as_text(bytes); }

    std::string text;
};

struct ReadBack {
    LayerEntry entry;
    std::string text;
};

std::string tar_of(const std::vector<std::pair<LayerEntry, std::string>>& entries) {
    ByteSink sink;
    TarWriter tar(sink);
    for (const auto& [entry, text] : entries) {
        tar.begin(entry, text.size());
        if (!text.empty())
            tar.data(as_bytes(text));
    }
    tar.finish();
    return sink.text;
}

std::vector<ReadBack> read(const std::string& tar) {
    bool is_read = false;
    TarReader reader([&]() -> std::span<const std::byte> {
        return std::exchange(is_read, true) ? std::span<const std::byte>() : as_bytes(tar);
    });
    std::vector<ReadBack> entries;
    while (auto item = reader.next()) {
        ReadBack back{std::move(item->entry), {}};
        while (const auto piece = reader.data())
            back.text += as_text(piece->bytes);
        entries.push_back(std::move(back));
    }
    reader.drain();
    return entries;
}

LayerEntry file(std::string path) {
    return {.path = std::move(path), .mode = 0644, .mtime_seconds = 1'700'000'000};
}

TEST(TarWriterTest, a_file_comes_back_as_it_was) {
    auto entry = file("etc/motd");
    entry.mode = 04755;
    const auto back = read(tar_of({{entry, "hello"}}));
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].entry.path, "etc/motd");
    EXPECT_EQ(back[0].entry.mode, 04755);
    EXPECT_EQ(back[0].entry.mtime_seconds, 1'700'000'000);
    EXPECT_EQ(back[0].text, "hello");
}

TEST(TarWriterTest, names_that_ustar_cannot_hold_come_back) {
    const std::string longest(255, 'n');
    const std::string deep = longest + '/' + longest + '/' + longest;
    for (const auto& path : {longest, deep, std::string("two\nlines"), std::string("latin1-\xe9"),
                             std::string(100, 'a'), std::string(101, 'a')}) {
        const auto back = read(tar_of({{file(path), "x"}}));
        ASSERT_EQ(back.size(), 1U) << path;
        EXPECT_EQ(back[0].entry.path, path);
        EXPECT_EQ(back[0].text, "x");
    }
}

TEST(TarWriterTest, every_type_comes_back) {
    auto directory = file("d");
    directory.type = EntryType::directory;
    auto link = file("d/link");
    link.type = EntryType::symlink;
    link.target = std::string(300, 't');
    auto hardlink = file("d/same");
    hardlink.type = EntryType::hardlink;
    hardlink.target = "d/file";
    auto fifo = file("d/fifo");
    fifo.type = EntryType::fifo;
    auto device = file("d/null");
    device.type = EntryType::char_device;
    device.device_major = 1;
    device.device_minor = 3;
    const auto back = read(tar_of({{directory, ""},
                                   {file("d/file"), "x"},
                                   {link, ""},
                                   {hardlink, ""},
                                   {fifo, ""},
                                   {device, ""}}));
    ASSERT_EQ(back.size(), 6U);
    EXPECT_EQ(back[0].entry.type, EntryType::directory);
    EXPECT_EQ(back[2].entry.target, link.target);
    EXPECT_EQ(back[3].entry.type, EntryType::hardlink);
    EXPECT_EQ(back[3].entry.target, "d/file");
    EXPECT_EQ(back[4].entry.type, EntryType::fifo);
    EXPECT_EQ(back[5].entry.device_major, 1U);
    EXPECT_EQ(back[5].entry.device_minor, 3U);
}

TEST(TarWriterTest, deletions_are_written_as_the_oci_names_them) {
    const LayerEntry gone{.type = EntryType::whiteout, .path = "usr/share/doc"};
    const LayerEntry gone_at_the_root{.type = EntryType::whiteout, .path = "opt"};
    const LayerEntry opaque{.type = EntryType::opaque, .path = "var/lib"};
    const auto tar = tar_of({{gone, ""}, {gone_at_the_root, ""}, {opaque, ""}});
    EXPECT_NE(tar.find("usr/share/.wh.doc"), std::string::npos);
    EXPECT_NE(tar.find("var/lib/.wh..wh..opq"), std::string::npos);
    const auto back = read(tar);
    ASSERT_EQ(back.size(), 3U);
    EXPECT_EQ(back[0].entry.type, EntryType::whiteout);
    EXPECT_EQ(back[0].entry.path, "usr/share/doc");
    EXPECT_EQ(back[1].entry.path, "opt");
    EXPECT_EQ(back[2].entry.type, EntryType::opaque);
    EXPECT_EQ(back[2].entry.path, "var/lib");
}

TEST(TarWriterTest, attributes_and_numbers_beyond_ustar_come_back) {
    auto entry = file("f");
    entry.uid = 3'000'000;
    entry.gid = 4'000'000;
    entry.mtime_seconds = -86400;
    entry.xattrs = {{"security.capability", std::string("\0\1\2\n=", 5)}, {"user.comment", "kept"}};
    const auto back = read(tar_of({{entry, ""}}));
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].entry.uid, 3'000'000U);
    EXPECT_EQ(back[0].entry.gid, 4'000'000U);
    EXPECT_EQ(back[0].entry.mtime_seconds, -86400);
    EXPECT_EQ(back[0].entry.xattrs, entry.xattrs);
}

TEST(TarWriterTest, a_record_whose_length_has_one_digit_more_for_itself_is_counted_right) {
    for (std::size_t length = 80; length < 110; ++length) {
        auto entry = file("f");
        entry.xattrs = {{"user.x", std::string(length, 'v')}};
        const auto back = read(tar_of({{entry, ""}}));
        ASSERT_EQ(back.size(), 1U);
        EXPECT_EQ(back[0].entry.xattrs, entry.xattrs) << length;
    }
}

TEST(TarWriterTest, the_archive_is_whole_blocks) {
    EXPECT_EQ(tar_of({{file("f"), "x"}}).size(), 512U + 512U + 1024U);
}

TEST(TarWriterTest, a_file_that_lacks_bytes_is_refused) {
    ByteSink sink;
    TarWriter tar(sink);
    tar.begin(file("f"), 2);
    tar.data(as_bytes("x"));
    EXPECT_ERROR(ErrorKind::integrity, tar.begin(file("g")));
}

} // namespace
} // namespace aic::layers

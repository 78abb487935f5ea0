// SPDX-License-Identifier: Apache-2.0
#include "core/bytes.hpp"
#include "registry/tar_index.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/layer_builder.hpp"

#include <algorithm>

namespace aic::registry {

using testing::EntryOptions;
using testing::LayerBuilder;
using testing::LongName;
using testing::TarHeader;

/// A tar in memory, and its index.
struct Tar {
    explicit Tar(std::string text)
        : bytes(std::move(text))
        , index(TarIndex::read(
              [this](std::span<std::byte> buffer, std::uint64_t offset) {
                  const auto rest = as_bytes(bytes).subspan(std::min(offset, bytes.size()));
                  const auto count = std::min(rest.size(), buffer.size());
                  std::ranges::copy(rest.first(count), buffer.begin());
                  return count;
              },
              bytes.size())) {}

    explicit Tar(const LayerBuilder& builder) : Tar(builder.tar()) {}

    std::string text(std::string_view path) const {
        const auto* member = index.find(path);
        return member ? bytes.substr(member->offset, member->size_bytes) : "nothing";
    }

    std::string bytes;
    TarIndex index;
};

TEST(TarIndexTest, files_are_found_where_they_are) {
    const Tar tar(LayerBuilder()
                      .directory("d/")
                      .file("d/a", std::string(1000, 'a'))
                      .file("./b", "b")
                      .file("empty", "")
                      .fifo("pipe"));
    EXPECT_EQ(tar.text("d/a"), std::string(1000, 'a'));
    EXPECT_EQ(tar.text("b"), "b");
    EXPECT_EQ(tar.text("empty"), "");
    EXPECT_EQ(tar.text("c"), "nothing");
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "'d' is not a regular file", tar.text("d"));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "'pipe' is not a regular file", tar.text("pipe"));
}

TEST(TarIndexTest, long_names_are_read_in_every_form) {
    const std::string name(300, 'n');
    for (const auto form : {LongName::pax, LongName::gnu}) {
        const Tar tar(LayerBuilder()
                          .file(name, "long", {.long_name = form})
                          .symlink("link", name, {.long_name = form})
                          .file("after", "short"));
        EXPECT_EQ(tar.text(name), "long");
        EXPECT_EQ(tar.text("link"), "long");
        EXPECT_EQ(tar.text("after"), "short");
    }
    EntryOptions prefixed;
    prefixed.tamper = [](TarHeader& header) { header.replace(345, 3, "a/b"); };
    EXPECT_EQ(Tar(LayerBuilder().file("c", "prefixed", prefixed)).text("a/b/c"), "prefixed");
}

TEST(TarIndexTest, sizes_are_read_in_every_form) {
    EntryOptions pax{.pax = {{"size", "5"}}};
    pax.tamper = [](TarHeader& header) { header.replace(124, 12, 12, '0'); };
    EXPECT_EQ(Tar(LayerBuilder().file("a", "12345", pax).file("b", "b")).text("a"), "12345");
    EntryOptions binary;
    binary.tamper = [](TarHeader& header) {
        header.replace(124, 12, std::string("\x80\0\0\0\0\0\0\0\0\0\0\x05", 12));
    };
    EXPECT_EQ(Tar(LayerBuilder().file("a", "12345", binary).file("b", "b")).text("b"), "b");
    binary.tamper = [](TarHeader& header) { header.replace(124, 12, 12, '\xFF'); };
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "no number",
                        Tar(LayerBuilder().file("a", "1", binary)));
    binary.tamper = [](TarHeader& header) { header.replace(124, 12, "000000000009"); };
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "no number",
                        Tar(LayerBuilder().file("a", "1", binary)));
}

TEST(TarIndexTest, a_link_is_another_name) {
    const Tar tar(LayerBuilder()
                      .symlink("b/layer.tar", "../a/layer.tar")
                      .file("a/layer.tar", "layer")
                      .hardlink("c/layer.tar", "b/layer.tar"));
    EXPECT_EQ(tar.text("b/layer.tar"), "layer");
    EXPECT_EQ(tar.text("c/layer.tar"), "layer");
}

TEST(TarIndexTest, a_link_that_leads_out_or_nowhere_is_refused_when_it_is_followed) {
    const Tar tar(LayerBuilder()
                      .symlink("absolute", "/etc/passwd")
                      .symlink("d/above", "../../etc/passwd")
                      .hardlink("hard", "../etc/passwd")
                      .symlink("nowhere", "x")
                      .symlink("a", "b")
                      .symlink("b", "a")
                      .file("file", "fine"));
    EXPECT_EQ(tar.text("file"), "fine");
    for (const char* path : {"absolute", "d/above", "hard"})
        EXPECT_ERROR_SAYING(ErrorKind::integrity, "leads out of the tar", tar.text(path));
    for (const char* path : {"nowhere", "a"})
        EXPECT_ERROR_SAYING(ErrorKind::integrity, "leads nowhere", tar.text(path));
}

TEST(TarIndexTest, a_name_that_leads_out_is_refused) {
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "'a/../../b' leads out",
                        Tar(LayerBuilder().file("a/../../b", "b")));
}

TEST(TarIndexTest, a_member_that_stands_twice_must_mean_the_same) {
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "'a' stands in the tar twice",
                        Tar(LayerBuilder().file("a", "1").file("./a", "2")));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "'a' stands in the tar twice",
                        Tar(LayerBuilder().file("a", "1").symlink("a", "b")));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "twice",
                        Tar(LayerBuilder().file("blobs/sha256/a", "1").file("blobs/sha256/a", "")));
    const Tar same(LayerBuilder()
                       .directory("d")
                       .directory("d/")
                       .symlink("d/l", "a")
                       .symlink("d/l", "a")
                       .file("blobs/sha256/a", "1")
                       .file("blobs/sha256/a", "1"));
    EXPECT_EQ(same.text("blobs/sha256/a"), "1");
}

TEST(TarIndexTest, what_is_no_tar_or_not_a_whole_one_is_refused) {
    const auto whole = LayerBuilder().file("a", std::string(700, 'a')).file("b", "b").without_end();
    EXPECT_EQ(Tar(whole).text("b"), "b");
    EXPECT_EQ(Tar(whole.substr(0, 512 + 1024 + 512 + 1)).text("b"), "b"); // without its padding
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "cut off within 'a', at byte 1000",
                        Tar(whole.substr(0, 1000)));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "cut off at byte 1600", Tar(whole.substr(0, 1600)));
    auto damaged = whole;
    damaged[512 + 1024 + 3] = 'x';
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "damaged at byte 1536", Tar(damaged));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "no tar", Tar(std::string(600, 'x')));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "cut off", Tar(std::string("short")));
    EXPECT_EQ(Tar(std::string()).text("a"), "nothing");
}

TEST(TarIndexTest, sparse_files_are_refused_with_what_to_do) {
    const auto gnu = LayerBuilder().gnu_sparse("a", 5000, {{0, "x"}});
    const auto pax = LayerBuilder().pax_sparse("a", 5000, {{0, "x"}});
    for (const auto& builder : {gnu, pax}) {
        const auto error = testing::error_thrown_by([&] { Tar tar(builder); });
        ASSERT_TRUE(testing::is_error(error, ErrorKind::integrity));
        EXPECT_THAT(error->hint(), ::testing::HasSubstr("--sparse"));
    }
}

TEST(TarIndexTest, a_global_header_may_say_anything_but_what_a_member_is) {
    EXPECT_EQ(Tar(LayerBuilder().global_header({{"comment", "c"}}).file("a", "a")).text("a"), "a");
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "one path",
                        Tar(LayerBuilder().global_header({{"path", "x"}}).file("a", "a")));
}

TEST(TarIndexTest, a_pax_header_that_is_malformed_is_refused) {
    const auto with_header = [](std::string_view records) {
        return LayerBuilder().entry('x', "PaxHeaders/a", "", records, {}).file("a", "a");
    };
    EXPECT_EQ(Tar(with_header("9 path=b\n")).text("a"), "nothing");
    for (const char* records : {"path=b\n", "99 path=b\n", "8 path=bc\n", "8 pathb\n", "1 \n", "x",
                                "-9 path=b\n", "19 size=123456789a\n"})
        EXPECT_ERROR_SAYING(ErrorKind::integrity, "PAX header", Tar(with_header(records)));
}

} // namespace aic::registry

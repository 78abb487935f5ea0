// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/image_reader.hpp"
#include "core/files.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/image_listing.hpp"
#include "tests/support/source_tree.hpp"
#include "tests/support/temp_dir.hpp"

#include <random>

namespace fs = std::filesystem;

namespace aic::squashfs {

class ImageReaderTest : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        if (!testing::has_program("mksquashfs"))
            GTEST_SKIP() << "mksquashfs (squashfs-tools) is missing";
        testing::make_source_tree(directory / "source");
    }

    bool make_image(const std::string& options) {
        return testing::succeeds(fmt::format("mksquashfs '{}' '{}' -noappend -processors 2 {}",
                                             (directory / "source").native(), image().native(),
                                             options));
    }

    fs::path image() const { return directory / "image"; }

    testing::TempDir directory;
};

TEST_P(ImageReaderTest, reads_what_mksquashfs_wrote) {
    if (!make_image(GetParam()))
        GTEST_SKIP() << "this mksquashfs cannot do " << GetParam();
    EXPECT_TRUE(testing::text_of(testing::listing_of_image(image()))
                == testing::text_of(testing::listing_of_directory(directory / "source")));
}

INSTANTIATE_TEST_SUITE_P(Options, ImageReaderTest,
                         ::testing::Values("-comp gzip", "-comp lzo", "-comp lz4", "-comp lz4 -Xhc",
                                           "-comp xz", "-comp xz -Xbcj x86", "-comp zstd",
                                           "-comp lzma", "-comp gzip -b 4K", "-comp lzo -b 4K",
                                           "-comp lz4 -b 4K", "-comp xz -b 4K", "-comp zstd -b 4K",
                                           "-comp gzip -b 1M", "-comp lzo -b 1M", "-comp xz -b 1M",
                                           "-comp zstd -b 1M", "-always-use-fragments",
                                           "-no-fragments", "-noI -noD -noF -noX", "-no-exports",
                                           "-no-sparse", "-noD", "-noI"));

class DamagedImageTest : public ImageReaderTest {};

TEST_P(DamagedImageTest, is_refused_or_read_but_never_worse) {
    ASSERT_TRUE(make_image(GetParam()));
    const auto good = read_file_if_exists(image(), 1 << 26).value();
    std::minstd_rand random(7);
    for (int i = 0; i < 60; ++i) {
        auto bad = good;
        // The superblock, then the tables at the end, then anywhere.
        const auto at = i < 20   ? random() % 96
                        : i < 40 ? bad.size() - 1 - random() % 6000
                                 : random() % bad.size();
        bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
        write_file(image(), bad);
        const auto error = testing::error_thrown_by([&] { testing::listing_of_image(image()); });
        EXPECT_TRUE(!error || error->kind() == ErrorKind::integrity) << at;
    }
}

TEST_P(DamagedImageTest, cut_short_is_refused) {
    ASSERT_TRUE(make_image(GetParam()));
    const auto good = read_file_if_exists(image(), 1 << 26).value();
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{95}, std::size_t{96}, good.size() / 2, good.size() - 5000}) {
        write_file(image(), good.substr(0, size));
        EXPECT_ERROR(ErrorKind::integrity, ImageReader(image())) << size;
    }
}

INSTANTIATE_TEST_SUITE_P(Damaged, DamagedImageTest, ::testing::Values("-b 128K"));

TEST(ImageReaderFindTest, symlinks_are_followed_within_the_image) {
    if (!testing::has_program("mksquashfs"))
        GTEST_SKIP() << "mksquashfs (squashfs-tools) is missing";
    const testing::TempDir directory;
    testing::make_source_tree(directory / "source");
    ASSERT_TRUE(testing::succeeds(fmt::format(
        "mksquashfs '{}' '{}'", (directory / "source").native(), (directory / "image").native())));
    ImageReader image(directory / "image");
    using Follow = ImageReader::Follow;
    const auto small = image.find("small", Follow::no);
    ASSERT_TRUE(small);
    EXPECT_EQ(image.find("deep/link", Follow::yes), small);
    EXPECT_NE(image.find("deep/link", Follow::no), small);
    EXPECT_EQ(image.find("absolute/../link", Follow::yes), small);
    EXPECT_EQ(image.find("../../small", Follow::no), small);
    EXPECT_EQ(image.find("", Follow::no), image.root());
    EXPECT_FALSE(image.find("small/x", Follow::yes));
    EXPECT_FALSE(image.find("nowhere", Follow::yes));
}

} // namespace aic::squashfs

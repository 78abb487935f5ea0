// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/image_reader.hpp"
#include "builder/squashfs/image_tables.hpp"
#include "core/files.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/image_listing.hpp"
#include "tests/support/temp_dir.hpp"

namespace fs = std::filesystem;

namespace aic::squashfs {

using layers::EntryType;
using layers::Tree;

class ImageTablesTest : public ::testing::Test {
protected:
    layers::NodeId add(layers::NodeId parent, std::string_view name, layers::Inode inode) {
        return tree.add(parent, name, tree.add_inode(inode), 0);
    }

    layers::NodeId add_file(layers::NodeId parent, std::string_view name) {
        return add(parent, name, {.type = EntryType::file, .mode = 0644});
    }

    /// An image of empty files, whose tables begin at `offset`.
    fs::path write_image(std::uint64_t offset = k_alignment) {
        const PlacedSegment placed{&segment, k_alignment, 0};
        const auto tables = build_tables(tree, std::span(&placed, 1), {}, offset);
        const auto file = open_file(directory / "image", O_RDWR | O_CREAT | O_TRUNC, 0600);
        pwrite_all(file.get(), tables.header, 0, "image");
        pwrite_all(file.get(), tables.bytes, offset, "image");
        return directory / "image";
    }

    /// What our reader and unsquashfs agree on, as lines.
    std::string listed(const fs::path& image) {
        const auto text = testing::text_of(testing::listing_of_image(image));
        if (testing::has_program("unsquashfs")) {
            EXPECT_TRUE(testing::unsquash(image, directory / "unpacked"));
            EXPECT_TRUE(testing::text_of(testing::listing_of_directory(directory / "unpacked"))
                        == text);
        }
        return text;
    }

    testing::TempDir directory;
    Tree tree;
    SegmentData segment{.block_bytes = 128 << 10};
};

TEST_F(ImageTablesTest, a_directory_may_have_100000_names) {
    const auto wide = add(Tree::root(), "d", {});
    for (int i = 0; i < 100'000; ++i)
        add_file(wide, fmt::format("file-{}", i));
    const auto text = listed(write_image());
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 100'001);
}

TEST_F(ImageTablesTest, a_tree_may_be_200_deep) {
    auto at = Tree::root();
    for (int i = 0; i < 200; ++i)
        at = add(at, "d", {});
    add_file(at, "f");
    const auto text = listed(write_image());
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 201);
}

TEST_F(ImageTablesTest, names_of_255_bytes_are_kept) {
    add_file(Tree::root(), std::string(255, 'n'));
    EXPECT_EQ(listed(write_image()), "file " + std::string(255, 'n') + " \"\"\n");
}

TEST_F(ImageTablesTest, an_empty_tree_is_an_image) {
    EXPECT_EQ(listed(write_image()), "");
}

TEST_F(ImageTablesTest, hardlinks_are_counted) {
    const auto inode = tree.add_inode({.type = EntryType::file, .mode = 0644});
    for (const char* name : {"a", "b", "c"})
        tree.add(Tree::root(), name, inode, 0);
    tree.remove(*tree.find(Tree::root(), "b"));
    const auto path = write_image();
    ImageReader image(path);
    const auto found = image.find("c", ImageReader::Follow::no);
    EXPECT_EQ(image.inode(found.value()).link_count, 2U);
    EXPECT_EQ(listed(path), "file a \"\"\nhard c = a\n");
}

TEST_F(ImageTablesTest, inode_numbers_are_dense) {
    for (int i = 0; i < 10; ++i)
        add_file(add(Tree::root(), fmt::format("d{}", i), {}), "f");
    const ImageReader image(write_image());
    EXPECT_EQ(image.superblock().inode_count, 21U);
}

TEST_F(ImageTablesTest, owners_are_kept_up_to_their_limit) {
    for (std::uint32_t i = 0; i < 65'534; ++i)
        add(Tree::root(), std::to_string(i), {.type = EntryType::file, .uid = i + 1});
    ImageReader image(write_image());
    EXPECT_EQ(image.inode(image.find("65533", ImageReader::Follow::no).value()).uid, 65'534U);
}

TEST_F(ImageTablesTest, more_owners_than_the_limit_are_refused) {
    for (std::uint32_t i = 0; i < 65'536; ++i)
        add(Tree::root(), std::to_string(i), {.type = EntryType::file, .uid = i + 1});
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "owners", write_image());
}

TEST_F(ImageTablesTest, times_are_held_within_32_bits) {
    add(Tree::root(), "early", {.type = EntryType::file, .mtime_seconds = -5});
    add(Tree::root(), "late", {.type = EntryType::file, .mtime_seconds = 1LL << 40});
    ImageReader image(write_image());
    const auto time_of = [&](const char* name) {
        return image.inode(image.find(name, ImageReader::Follow::no).value()).mtime;
    };
    EXPECT_EQ(time_of("early"), 0U);
    EXPECT_EQ(time_of("late"), 0xFFFFFFFFU);
}

TEST_F(ImageTablesTest, attributes_are_kept) {
    const std::vector<layers::Xattr> xattrs = {{"user.a", std::string("\0\xff", 2)},
                                               {"user.b", std::string(5000, 'b')}};
    add(Tree::root(), "f", {.type = EntryType::file, .xattrs = tree.add_xattrs(xattrs)});
    add(Tree::root(), "g", {.type = EntryType::fifo, .xattrs = tree.add_xattrs(xattrs)});
    ImageReader image(write_image());
    for (const char* name : {"f", "g"})
        EXPECT_EQ(image.xattrs(image.inode(image.find(name, ImageReader::Follow::no).value())),
                  xattrs);
}

TEST_F(ImageTablesTest, tables_may_stand_beyond_4_gib) {
    add_file(add(Tree::root(), "d", {}), "f");
    EXPECT_EQ(listed(write_image(5ULL << 30)), "dir d 0755\nfile d/f \"\"\n");
}

TEST_F(ImageTablesTest, a_file_may_start_beyond_4_gib_and_be_all_holes) {
    segment.length_bytes = 6ULL << 30;
    segment.block_sizes.assign(3, 0);
    segment.contents = {{.size_bytes = 300'000, .start = 5ULL << 30}};
    add(Tree::root(), "f", {.type = EntryType::file, .mode = 0644, .content = 0});
    EXPECT_EQ(listed(write_image(7ULL << 30)), "file f \"" + std::string(300'000, '\0') + "\"\n");
}

} // namespace aic::squashfs

// SPDX-License-Identifier: Apache-2.0
#include "builder/foreign/layer_reader.hpp"
#include "builder/image_file.hpp"
#include "builder/layer_conversion.hpp"
#include "builder/layers/merge.hpp"
#include "core/files.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/image_listing.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layer_stack.hpp"
#include "tests/support/source_tree.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>

namespace fs = std::filesystem;

namespace aic::foreign {

using layers::LayerIndex;
using squashfs::ImageReader;
using testing::LayerBuilder;

/// What listings leave out, by path: owner, time, size, links, attributes.
using Details = std::map<std::string, std::string>;

void collect_details(ImageReader& image, std::uint64_t directory, const std::string& prefix,
                     Details& details) {
    for (const auto& name : image.names(image.inode(directory))) {
        const auto inode = image.inode(name.inode);
        auto& text = details[prefix + name.name];
        text = fmt::format("{}:{} {} {} {}", inode.uid, inode.gid, inode.mtime, inode.size_bytes,
                           inode.link_count);
        for (const auto& xattr : image.xattrs(inode))
            text += fmt::format(" {}={}", xattr.name, xattr.value);
        if (inode.type == squashfs::InodeType::directory)
            collect_details(image, name.inode, prefix + name.name + "/", details);
    }
}

Details details_of(const fs::path& path) {
    ImageReader image(path);
    Details details;
    collect_details(image, image.root(), "", details);
    return details;
}

/// A layer of everything: replaces, removes, hides, links to what is below.
std::string delta_tar() {
    return LayerBuilder()
        .file("small", "changed")
        .hardlink("another", "large")
        .whiteout("tail")
        .opaque("big")
        .file("big/new", "new")
        .directory("new")
        .file("new/attributed", "x", {.xattrs = {{"user.shape", "round"}}})
        .file("new/large", std::string(1'200'000, 'l') + "end")
        .pax_sparse("new/sparse", 3'000'000, {{2'000'000, "middle"}})
        .tar();
}

/// The same to a directory.
void apply_delta(const fs::path& root) {
    fs::remove(root / "small");
    write_file(root / "small", "changed");
    fs::create_hard_link(root / "large", root / "another");
    fs::remove(root / "tail");
    for (const auto& entry : entries_of(root / "big"))
        fs::remove(entry);
    write_file(root / "big" / "new", "new");
    make_directories(root / "new", 0755);
    write_file(root / "new" / "attributed", "x");
    write_file(root / "new" / "large", std::string(1'200'000, 'l') + "end");
    const auto sparse = open_file(root / "new" / "sparse", O_RDWR | O_CREAT, 0644);
    pwrite_all(sparse.get(), as_bytes("middle"), 2'000'000, "sparse");
    fs::resize_file(root / "new" / "sparse", 3'000'000);
}

struct BaseCase {
    std::string options;
    bool delta_stored = false; ///< although we have the base's compressor
};

class ForeignLayerTest : public ::testing::TestWithParam<BaseCase> {
protected:
    void SetUp() override {
        if (!testing::has_program("mksquashfs"))
            GTEST_SKIP() << "mksquashfs (squashfs-tools) is missing";
        testing::make_source_tree(source());
        if (!testing::succeeds(fmt::format("mksquashfs '{}' '{}' -processors 1 {}",
                                           source().native(), base().native(), GetParam().options)))
            GTEST_SKIP() << "this mksquashfs cannot do " << GetParam().options;
    }

    fs::path source() const { return directory_ / "source"; }

    fs::path base() const { return directory_ / "base"; }

    /// The base as read, by way of its layers.idx.
    std::shared_ptr<const LayerIndex> base_layer(ImageReader& image) const {
        const auto layer = read_layer(image);
        const auto file = layers::encode_layer_indexes({&layer});
        return std::make_shared<LayerIndex>(layers::decode_layer_indexes(file).front());
    }

    /// An image of the base and, if there is one, a layer upon it.
    fs::path splice(const std::string& tar) const {
        ImageReader reader(base());
        const auto compressor = compressor_of(reader);
        const auto compression = GetParam().delta_stored
                                     ? squashfs::Compression{squashfs::CompressionKind::none, 0}
                                     : squashfs::compression_beside(compressor.id);
        const auto block_bytes = reader.superblock().block_bytes;
        builder::ImageFile image(directory_ / "spliced");
        const auto file = open_file(base(), O_RDONLY);
        image.append_segment({file.get(), base(), 0}, base_layer(reader));
        if (!tar.empty()) {
            Crew crew(0);
            squashfs::CompressorPool pool(crew, compression, block_bytes);
            image.add_segment(std::make_shared<LayerIndex>(builder::convert_layer(
                testing::blob_of(directory_, tar, tar), image.target(nullptr), pool, {})));
        }
        layers::Tree tree;
        std::vector<squashfs::PlacedSegment> placed;
        for (const auto& segment : image.segments()) {
            apply_layer(*segment.layer, static_cast<std::uint32_t>(placed.size()), tree);
            placed.push_back({&segment.layer->segment, segment.offset, segment.first_fragment});
        }
        image.finish(build_tables(
            tree, placed,
            {.compression = compression, .foreign = compressor, .block_bytes = block_bytes},
            image.end()));
        return directory_ / "spliced";
    }

    testing::TempDir directory_;
};

TEST_P(ForeignLayerTest, a_base_alone_comes_out_as_it_was) {
    const auto image = splice("");
    EXPECT_TRUE(testing::text_of(testing::listing_of_image(image))
                == testing::text_of(testing::listing_of_directory(source())));
    EXPECT_EQ(details_of(image), details_of(base()));
}

TEST_P(ForeignLayerTest, a_layer_upon_a_base_is_what_every_reader_sees) {
    const auto image = splice(delta_tar());
    apply_delta(source());
    const auto expected = testing::text_of(testing::listing_of_directory(source()));
    EXPECT_TRUE(testing::text_of(testing::listing_of_image(image)) == expected);
    ASSERT_TRUE(testing::unsquash(image, directory_ / "unpacked"));
    EXPECT_TRUE(testing::text_of(testing::listing_of_directory(directory_ / "unpacked"))
                == expected);
}

TEST_P(ForeignLayerTest, what_a_layer_does_not_touch_keeps_its_attributes) {
    const auto details = details_of(splice(delta_tar()));
    const auto before = details_of(base());
    for (const char* path : {"deep/er/still", "deep/link", "attributed", "sparse", "zeros", "fifo",
                             "absolute", "empty"})
        EXPECT_EQ(details.at(path), before.at(path)) << path;
    EXPECT_THAT(details.at("new/attributed"), ::testing::HasSubstr("user.shape=round"));
}

TEST_P(ForeignLayerTest, the_base_names_the_compressor) {
    const ImageReader before(base());
    const ImageReader after(splice(delta_tar()));
    EXPECT_EQ(after.superblock().compressor, before.superblock().compressor);
    EXPECT_EQ(after.superblock().block_bytes, before.superblock().block_bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Bases, ForeignLayerTest,
    ::testing::Values(BaseCase{"-comp lzo -b 64K"}, BaseCase{"-comp lzo -b 1M -noD"},
                      BaseCase{"-comp xz -b 64K"}, BaseCase{"-comp xz -b 1M -Xbcj x86"},
                      BaseCase{"-comp lzma -b 64K"}, BaseCase{"-comp gzip -b 64K"},
                      BaseCase{"-comp gzip -b 1M -Xcompression-level 3"},
                      BaseCase{"-comp lz4 -b 64K"}, BaseCase{"-comp lz4 -b 1M -Xhc"},
                      BaseCase{"-comp zstd -b 64K"}, BaseCase{"-comp zstd -b 1M", true},
                      BaseCase{"-comp lzo -b 64K -always-use-fragments"},
                      BaseCase{"-comp zstd -b 64K -always-use-fragments"},
                      BaseCase{"-comp gzip -b 4K -always-use-fragments", true},
                      BaseCase{"-comp xz -no-fragments -no-sparse"}));

/// Images that our own writer makes, uncompressed, to be tampered with.
class HostileImageTest : public ::testing::Test {
protected:
    layers::NodeId add(layers::NodeId parent, std::string_view name, layers::Inode inode) {
        return tree.add(parent, name, tree.add_inode(inode), 0);
    }

    layers::NodeId add_directory(layers::NodeId parent, std::string_view name) {
        return add(parent, name, {});
    }

    /// The image's bytes.
    std::string image() const {
        const squashfs::PlacedSegment placed{&segment, squashfs::k_alignment, 0};
        const auto tables = build_tables(
            tree, std::span(&placed, 1),
            {.compression = {squashfs::CompressionKind::none, 0}, .block_bytes = k_block_bytes},
            squashfs::k_alignment + segment.length_bytes);
        auto bytes = std::string(as_text(tables.header));
        bytes.resize(squashfs::k_alignment + segment.length_bytes);
        return bytes + std::string(as_text(tables.bytes));
    }

    /// Where a name's line begins in its directory: the inode's place, two bytes of it.
    static std::size_t line_of(const std::string& image, const std::string& name) {
        return image.find(name) - 8;
    }

    LayerIndex read(const std::string& bytes) const {
        write_file(directory / "image", bytes);
        ImageReader reader(directory / "image");
        return read_layer(reader);
    }

    static constexpr std::uint32_t k_block_bytes = 64 << 10;

    testing::TempDir directory;
    layers::Tree tree;
    squashfs::SegmentData segment{.block_bytes = k_block_bytes, .length_bytes = 8192};
};

TEST_F(HostileImageTest, a_directory_with_two_names_is_refused) {
    add_directory(layers::Tree::root(), "first-directory");
    add_directory(layers::Tree::root(), "second-directory");
    auto bytes = image();
    bytes.replace(line_of(bytes, "second-directory"), 2, bytes, line_of(bytes, "first-directory"),
                  2);
    EXPECT_ERROR_SAYING(ErrorKind::integrity,
                        "'second-directory': this directory is in the tree twice", read(bytes));
}

TEST_F(HostileImageTest, a_loop_of_directories_is_refused) {
    add_directory(add_directory(layers::Tree::root(), "outer-directory"), "inner-directory");
    add(layers::Tree::root(), "one more", {.type = layers::EntryType::fifo});
    auto bytes = image();
    bytes.replace(line_of(bytes, "inner-directory"), 2, bytes, line_of(bytes, "outer-directory"),
                  2);
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "in the tree twice", read(bytes));
}

TEST_F(HostileImageTest, a_name_that_is_there_twice_is_refused) {
    add_directory(layers::Tree::root(), "name-1");
    add_directory(layers::Tree::root(), "name-2");
    auto bytes = image();
    bytes.replace(bytes.find("name-2"), 6, "name-1");
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "'name-1' is there twice", read(bytes));
}

TEST_F(HostileImageTest, more_inodes_than_the_superblock_says_are_refused) {
    add_directory(layers::Tree::root(), "d");
    auto bytes = image();
    bytes[offsetof(squashfs::Superblock, inode_count)] = 1;
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "one inode more", read(bytes));
}

TEST_F(HostileImageTest, a_path_without_end_is_refused) {
    auto at = layers::Tree::root();
    for (int i = 0; i < 400; ++i)
        at = add_directory(at, std::string(200, 'd'));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "too long", read(image()));
}

TEST_F(HostileImageTest, blocks_outside_the_data_area_are_refused) {
    segment.block_sizes = {100 | squashfs::k_block_stored};
    segment.contents = {{.size_bytes = 100, .start = 8100}};
    add(layers::Tree::root(), "f", {.type = layers::EntryType::file, .content = 0});
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "outside the data area", read(image()));
}

TEST_F(HostileImageTest, a_fragment_block_outside_the_data_area_is_refused) {
    segment.fragments = {{8100, 100 | squashfs::k_block_stored, 0}};
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "outside the data area", read(image()));
}

TEST_F(HostileImageTest, a_rest_that_leaves_its_fragment_block_is_refused) {
    segment.fragments = {{0, 100 | squashfs::k_block_stored, 0}};
    segment.contents = {{.size_bytes = 100, .fragment = 0, .fragment_offset = k_block_bytes - 50}};
    add(layers::Tree::root(), "f", {.type = layers::EntryType::file, .content = 0});
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "outside its fragment block", read(image()));
}

TEST_F(HostileImageTest, a_symlink_to_nothing_is_refused) {
    add(layers::Tree::root(), "l",
        {.type = layers::EntryType::symlink, .target = tree.add_target("")});
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "leads nowhere", read(image()));
}

TEST_F(HostileImageTest, a_fragment_that_nothing_is_left_for_means_nothing) {
    segment.fragments = {{0, 100 | squashfs::k_block_stored, 0}};
    segment.block_sizes = {0};
    segment.contents = {{.size_bytes = k_block_bytes, .fragment = 0}};
    add(layers::Tree::root(), "f", {.type = layers::EntryType::file, .content = 0});
    EXPECT_EQ(read(image()).segment.contents.at(0).fragment, squashfs::k_no_fragment);
}

TEST_F(HostileImageTest, sockets_are_left_out) {
    if (!testing::has_program("mksquashfs"))
        GTEST_SKIP() << "mksquashfs (squashfs-tools) is missing";
    fs::create_directory(directory / "source");
    write_file(directory / "source" / "file", "");
    ASSERT_EQ(::mknod((directory / "source" / "socket").c_str(), S_IFSOCK | 0600, 0), 0);
    ASSERT_TRUE(testing::succeeds(fmt::format(
        "mksquashfs '{}' '{}'", (directory / "source").native(), (directory / "made").native())));
    ImageReader reader(directory / "made");
    EXPECT_EQ(read_layer(reader).entry_count, 2U); // the root and the file
}

} // namespace aic::foreign

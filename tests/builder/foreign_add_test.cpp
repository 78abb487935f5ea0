// SPDX-License-Identifier: Apache-2.0
#include "builder/foreign/add.hpp"
#include "builder/foreign/architecture.hpp"
#include "builder/layers/layer_index.hpp"
#include "cache/trash.hpp"
#include "oci/image_config.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/image_listing.hpp"
#include "tests/support/source_tree.hpp"
#include "tests/support/temp_dir.hpp"

namespace fs = std::filesystem;

namespace aic::foreign {

class AddFileTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (!testing::has_program("mksquashfs"))
            GTEST_SKIP() << "mksquashfs (squashfs-tools) is missing";
        testing::make_source_tree(directory / "source");
        ASSERT_TRUE(testing::succeeds(
            fmt::format("mksquashfs '{}' '{}' -comp lzo -b 64K -processors 1 -mkfs-time 1700000000",
                        (directory / "source").native(), file.native())));
        bytes = read_file_if_exists(file, 1 << 26).value();
    }

    builder::ImportResult add(Original original = Original::keep) {
        return add_file(file, store, original, nullptr, {});
    }

    testing::TempDir directory;
    fs::path file = directory / "image.sqsh";
    std::string bytes;
    cache::Store store{directory / "store"};
};

TEST_F(AddFileTest, the_stored_image_is_the_file_byte_for_byte) {
    const auto added = add();
    EXPECT_FALSE(added.was_there);
    EXPECT_TRUE(read_file_if_exists(added.file, 1 << 26) == bytes);
    EXPECT_EQ(added.record.variant, "lzo-64k-foreign");
    EXPECT_EQ(added.record.reference, reference_of(file));
}

TEST_F(AddFileTest, the_config_is_made_from_the_file_alone) {
    const auto record = add().record;
    const auto config = oci::parse_image_config(record.config_json);
    EXPECT_EQ(record.id, ImageId(sha256_of(record.config_json)));
    EXPECT_EQ(config.diff_ids, std::vector{DiffId(sha256_of(bytes))});
    EXPECT_EQ(config.created_seconds, 1'700'000'000);
    ASSERT_TRUE(cache::Trash(store.layout()).put(record.id, record.variant));
    EXPECT_EQ(add().record.id, record.id);
}

TEST_F(AddFileTest, the_parts_of_the_record_are_those_of_the_file) {
    const auto record = add().record;
    const auto& segment = record.segments.at(0);
    EXPECT_EQ(segment.format, squashfs::k_foreign_segment_format);
    EXPECT_EQ(segment.hash, ContentHash::of(bytes.substr(0, segment.length_bytes)));
    EXPECT_EQ(record.tables.offset, segment.length_bytes);
    EXPECT_EQ(record.tables.hash, ContentHash::of(bytes.substr(segment.length_bytes)));
    EXPECT_EQ(record.tables.offset + record.tables.length_bytes, bytes.size());
}

TEST_F(AddFileTest, the_layer_index_stands_beside_it) {
    const auto record = add().record;
    const auto path = store.find(record.id, record.variant)->layer_index();
    const auto text = read_file_if_exists(path, 1 << 26).value();
    EXPECT_EQ(ContentHash::of(text), record.layer_index_hash);
    const auto layers = layers::decode_layer_indexes(as_bytes(text));
    EXPECT_EQ(layers.at(0).segment.hash, record.segments.at(0).hash);
    EXPECT_EQ(layers.at(0).diff_id, record.segments.at(0).diff_id);
}

TEST_F(AddFileTest, a_second_time_it_is_there) {
    const auto first = add();
    const auto second = add();
    EXPECT_TRUE(second.was_there);
    EXPECT_EQ(second.file, first.file);
}

TEST_F(AddFileTest, what_is_moved_is_gone_from_where_it_was) {
    const auto added = add(Original::unlink);
    EXPECT_FALSE(fs::exists(file));
    EXPECT_TRUE(fs::exists(added.file));
}

TEST_F(AddFileTest, a_link_or_a_stored_image_is_not_moved) {
    const auto stored = add().file;
    EXPECT_ERROR_SAYING(ErrorKind::usage, "in the store already",
                        add_file(stored, store, Original::unlink, nullptr, {}));
    fs::rename(file, directory / "elsewhere");
    fs::create_symlink("elsewhere", file);
    EXPECT_ERROR_SAYING(ErrorKind::usage, "it is a link", add(Original::unlink));
}

TEST_F(AddFileTest, a_broken_tree_is_refused_and_leaves_nothing) {
    // The root's place, beyond the inode table.
    auto broken = bytes;
    broken[offsetof(squashfs::Superblock, root_inode) + 1] = '\x7f';
    write_file(file, broken);
    EXPECT_ERROR(ErrorKind::integrity, add());
    EXPECT_TRUE(store.list().empty());
    EXPECT_TRUE(entries_of(store.layout().temporary()).empty());
}

TEST_F(AddFileTest, a_stopped_addition_leaves_nothing) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_ERROR(ErrorKind::interrupted,
                 add_file(file, store, Original::keep, nullptr, stop.get_token()));
    EXPECT_TRUE(entries_of(store.layout().temporary()).empty());
}

TEST(PlatformOfElfTest, is_what_the_header_says) {
    const auto platform = [](std::string_view identity, std::string_view machine) {
        auto head = "\x7f"
                    "ELF"
                    + std::string(identity);
        head.resize(18);
        head += machine;
        const auto found = platform_of_elf(as_bytes(head));
        return found ? found->str() : "none";
    };
    EXPECT_EQ(platform("\2\1", std::string_view("\x3e\0", 2)), "linux/amd64");
    EXPECT_EQ(platform("\2\1", std::string_view("\xb7\0", 2)), "linux/arm64");
    EXPECT_EQ(platform("\1\1", std::string_view("\x28\0", 2)), "linux/arm/v7");
    EXPECT_EQ(platform("\2\2", std::string_view("\0\x16", 2)), "linux/s390x");
    EXPECT_EQ(platform("\2\1", std::string_view("\x15\0", 2)), "linux/ppc64le");
    EXPECT_EQ(platform("\2\2", std::string_view("\0\x15", 2)), "none");
    EXPECT_EQ(platform("\2\1", std::string_view("\xff\xff", 2)), "none");
    EXPECT_FALSE(platform_of_elf(as_bytes("#!/bin/sh")));
}

} // namespace aic::foreign

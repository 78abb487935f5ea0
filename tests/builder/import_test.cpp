// SPDX-License-Identifier: Apache-2.0
#include "builder/import.hpp"
#include "builder/layers/layer_index.hpp"
#include "cache/trash.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/image_listing.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layout_builder.hpp"

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::builder {

using testing::gzip;
using testing::LayerBuilder;

class ImportTest : public ::testing::Test {
protected:
    ImportResult import(std::stop_token stop = {}) {
        return import_image(layout.reference(), layout.config(), environment_variable, options, {},
                            stop);
    }

    /// It is refused and nothing of it stays.
    void expect_refusal(ErrorKind kind, std::string_view text) {
        EXPECT_ERROR_SAYING(kind, text, import());
        EXPECT_THAT(layout.leftovers(), ::testing::IsEmpty());
    }

    std::string contents(const fs::path& image) {
        return testing::text_of(testing::without_profile_files(testing::listing_of_image(image)));
    }

    testing::LayoutBuilder layout;
    ImportOptions options = testing::small_import_options();
    const std::string tar = LayerBuilder().file("a", "1").file("b", std::string(9000, 'b')).tar();
};

TEST_F(ImportTest, an_image_gets_its_record_and_index) {
    layout.layer(tar).layer(LayerBuilder().whiteout("a").tar()).write();
    const auto result = import();
    EXPECT_FALSE(result.was_there);
    EXPECT_EQ(result.record.size_bytes, fs::file_size(result.file));
    EXPECT_EQ(result.record.segments.size(), 3U);
    EXPECT_EQ(contents(result.file), "file b \"" + std::string(9000, 'b') + "\"\n");
}

TEST_F(ImportTest, the_records_hashes_are_those_of_the_file) {
    layout.layer(tar).layer(LayerBuilder().file("c", std::string(20'000, 'c')).tar()).write();
    const auto result = import();
    const auto file = read_file_if_exists(result.file, 1 << 24).value();
    auto parts = result.record.segments;
    parts.push_back(result.record.header);
    parts.push_back(result.record.tables);
    for (const auto& part : parts)
        EXPECT_EQ(ContentHash::of(file.substr(part.offset, part.length_bytes)), part.hash);
}

TEST_F(ImportTest, the_index_agrees_with_the_record) {
    layout.layer(tar).layer(LayerBuilder().whiteout("a").tar()).write();
    const auto result = import();
    const auto bytes =
        read_file_if_exists(result.file.parent_path() / cache::k_layer_index_name, 1 << 24).value();
    EXPECT_EQ(ContentHash::of(bytes), result.record.layer_index_hash);
    const auto layers = layers::decode_layer_indexes(as_bytes(bytes));
    ASSERT_EQ(layers.size(), result.record.segments.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        EXPECT_EQ(layers[i].diff_id, result.record.segments[i].diff_id);
        EXPECT_EQ(layers[i].segment.hash, result.record.segments[i].hash);
        EXPECT_EQ(layers[i].segment.length_bytes, result.record.segments[i].length_bytes);
    }
    EXPECT_EQ(layers[0].entry_count, 2U);
}

TEST_F(ImportTest, the_second_pull_is_a_hit) {
    layout.layer(tar).write();
    const auto first = import();
    const auto second = import();
    EXPECT_TRUE(second.was_there);
    EXPECT_EQ(second.file, first.file);
}

TEST_F(ImportTest, a_hit_reads_no_layer) {
    layout.layer(tar).write();
    import();
    fs::remove(layout.blob(layout.layers()[0]));
    EXPECT_TRUE(import().was_there);
}

TEST_F(ImportTest, another_variant_is_made_beside) {
    layout.layer(tar).write();
    const auto plain = import();
    options.compression = squashfs::Compression::parse("zstd");
    const auto compressed = import();
    EXPECT_FALSE(compressed.was_there);
    EXPECT_NE(compressed.file, plain.file);
    EXPECT_EQ(contents(compressed.file), contents(plain.file));
}

TEST_F(ImportTest, an_image_cut_short_is_made_again) {
    layout.layer(tar).write();
    const auto first = import();
    fs::permissions(first.file, fs::perms::owner_write, fs::perm_options::add);
    fs::resize_file(first.file, 100);
    EXPECT_FALSE(import().was_there);
    EXPECT_EQ(fs::file_size(first.file), first.record.size_bytes);
}

TEST_F(ImportTest, any_number_of_threads_makes_the_same_file) {
    for (int i = 0; i < 5; ++i)
        layout.layer(LayerBuilder().file(std::to_string(i), std::string(50'000, 'x')).tar());
    layout.write();
    options.output = layout.directory() / "one.sqsh";
    import();
    options.threads = 16;
    options.output = layout.directory() / "many.sqsh";
    import();
    EXPECT_TRUE(read_file_if_exists(layout.directory() / "one.sqsh", 1 << 24)
                == read_file_if_exists(layout.directory() / "many.sqsh", 1 << 24));
}

TEST_F(ImportTest, compressed_layers_give_the_same_tree) {
    layout.layer(tar, gzip(tar))
        .layer(LayerBuilder().file("c", "3").tar(),
               testing::zstd(LayerBuilder().file("c", "3").tar()))
        .write();
    EXPECT_EQ(contents(import().file),
              "file a \"1\"\nfile b \"" + std::string(9000, 'b') + "\"\nfile c \"3\"\n");
}

TEST_F(ImportTest, a_layer_that_stands_twice_is_applied_twice) {
    const auto with_a = LayerBuilder().file("a", "1").tar();
    layout.layer(with_a).layer(LayerBuilder().whiteout("a").tar()).layer(with_a).write();
    const auto result = import();
    EXPECT_EQ(contents(result.file), "file a \"1\"\n");
    EXPECT_EQ(result.record.segments.size(), 3U); // two layers and the profile's
}

TEST_F(ImportTest, a_blob_of_another_digest_is_refused) {
    layout.layer(tar).write();
    auto damaged = tar;
    damaged[600] = '!';
    write_file(layout.blob(layout.layers()[0]), damaged);
    expect_refusal(ErrorKind::integrity, "the blob's digest is");
}

TEST_F(ImportTest, a_damaged_compressed_blob_is_refused_for_its_digest) {
    const auto blob = gzip(tar);
    layout.layer(tar, blob).write();
    auto damaged = blob;
    damaged[40] = static_cast<char>(damaged[40] ^ 0x55);
    write_file(layout.blob(layout.layers()[0]), damaged);
    expect_refusal(ErrorKind::integrity, "the blob's digest is");
}

TEST_F(ImportTest, a_tar_of_another_diff_id_is_refused) {
    layout.layer(tar).layer(LayerBuilder().file("c", "3").tar());
    layout.layers()[1].diff_id = layout.layers()[0].diff_id;
    layout.write();
    expect_refusal(ErrorKind::integrity, "where the image config says");
}

TEST_F(ImportTest, diff_ids_in_the_wrong_order_are_refused) {
    layout.layer(tar).layer(LayerBuilder().file("c", "3").tar());
    std::swap(layout.layers()[0].diff_id, layout.layers()[1].diff_id);
    layout.write();
    expect_refusal(ErrorKind::integrity, "where the image config says");
}

TEST_F(ImportTest, a_truncated_blob_is_refused) {
    layout.layer(tar).write();
    fs::resize_file(layout.blob(layout.layers()[0]), 1000);
    expect_refusal(ErrorKind::integrity, "has 1000 bytes");
}

TEST_F(ImportTest, a_truncated_stream_is_refused) {
    const auto blob = gzip(tar);
    layout.layer(tar, blob.substr(0, blob.size() - 4)).write();
    expect_refusal(ErrorKind::integrity, "cut short");
}

TEST_F(ImportTest, more_or_fewer_diff_ids_than_layers_are_refused) {
    layout.layer(tar).layer(LayerBuilder().file("c", "3").tar()).write(1);
    expect_refusal(ErrorKind::integrity, "2 layers where the image config has 1 diff ids");
    layout.write(-1);
    expect_refusal(ErrorKind::integrity, "1 layers where the image config has 2 diff ids");
}

TEST_F(ImportTest, a_stop_leaves_nothing_behind) {
    layout.layer(tar).write();
    std::stop_source stop;
    stop.request_stop();
    EXPECT_ERROR(ErrorKind::interrupted, import(stop.get_token()));
    EXPECT_THAT(layout.leftovers(), ::testing::IsEmpty());
}

TEST_F(ImportTest, a_refused_image_does_not_touch_the_file_that_was_there) {
    layout.layer(tar).write();
    write_file(layout.blob(layout.layers()[0]), std::string(tar.size(), 'x'));
    options.output = layout.directory() / "image.sqsh";
    write_file(*options.output, "mine");
    expect_refusal(ErrorKind::integrity, "digest");
    EXPECT_EQ(read_file_if_exists(*options.output, 100), "mine");
}

TEST_F(ImportTest, an_output_leaves_nothing_beside_it) {
    layout.layer(tar).write();
    fs::create_directory(layout.directory() / "out");
    options.output = layout.directory() / "out" / "image.sqsh";
    import();
    EXPECT_EQ(std::distance(fs::directory_iterator(layout.directory() / "out"), {}), 1);
    EXPECT_FALSE(fs::exists(layout.directory() / "store"));
}

TEST_F(ImportTest, the_profile_makes_the_working_directory) {
    layout.layer(tar).settings(R"({"WorkingDir": "/opt/work", "Env": ["A=b"]})").write();
    const auto listing = testing::listing_of_image(import().file);
    EXPECT_EQ(listing.at("opt/work").mode, 0755U);
    EXPECT_EQ(listing.at("etc/environment").text, "A=b\n");
}

TEST_F(ImportTest, an_image_is_made_anew_on_demand_and_the_one_before_goes_to_the_trash) {
    layout.layer(tar).write();
    const auto first = import();
    const auto right = read_file_if_exists(first.file, 1 << 24).value();
    auto damaged = right;
    damaged[5000] = static_cast<char>(damaged[5000] ^ 1);
    fs::remove(first.file);
    write_file(first.file, damaged, 0444);
    EXPECT_TRUE(import().was_there);
    options.freshness = Freshness::made_anew;
    const auto again = import();
    EXPECT_FALSE(again.was_there);
    EXPECT_FALSE(again.taken_over.method) << "nothing is taken from what may be damaged";
    EXPECT_EQ(again.file, first.file);
    EXPECT_EQ(read_file_if_exists(again.file, 1 << 24), right);
    const cache::Store store(layout.config().store.value);
    EXPECT_EQ(cache::Trash(store.layout()).list().size(), 1U);
}

/// What is known of a reference to a registry that cannot be asked.
class KnownImageTest : public ImportTest {
protected:
    KnownImageTest() {
        layout.layer(tar).write();
        image = import();
        cache::Store(layout.config().store.value)
            .write_reference({.reference = reference.str(),
                              .points_at = image.record.manifest_digest,
                              .manifest_digest = image.record.manifest_digest,
                              .id = image.record.id,
                              .resolved_seconds = 1'700'000'000},
                             options.platform);
        options.freshness = Freshness::as_known;
    }

    ImportResult import_known() {
        return import_image(reference, layout.config(), environment_variable, options, {}, {});
    }

    oci::Reference reference = oci::Reference::parse("registry.invalid/lab/x:1");
    ImportResult image;
};

TEST_F(KnownImageTest, it_is_used_with_the_time_it_was_looked_up) {
    const auto found = import_known();
    EXPECT_TRUE(found.was_there);
    EXPECT_EQ(found.file, image.file);
    EXPECT_EQ(found.resolved_seconds, 1'700'000'000);
}

TEST_F(KnownImageTest, what_is_not_known_is_not_found_and_nobody_is_asked) {
    reference = oci::Reference::parse("registry.invalid/lab/y:1");
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "no registry may be asked", import_known());
    reference = oci::Reference::parse("registry.invalid/lab/x:1");
    options.block_bytes = 8192;
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "it is here as none-4k, not as none-8k",
                        import_known());
    options.output = layout.directory() / "x.sqsh";
    EXPECT_ERROR_SAYING(ErrorKind::network, "--output", import_known());
}

TEST_F(KnownImageTest, layouts_are_no_registries) {
    layout.layer(LayerBuilder().file("new", "").tar()).write();
    EXPECT_FALSE(import().was_there);
}

TEST_F(ImportTest, a_bomb_is_refused_before_it_fills_a_disk) {
    // 5 GiB of zeros: one gzip member of 64 MiB, eighty times.
    const auto member = gzip(std::string(64 << 20, '\0'));
    std::string blob = gzip(LayerBuilder()
                                .file("a", "", {.pax = {{"size", std::to_string(5ULL << 30)}}})
                                .without_end());
    for (int i = 0; i < 80; ++i)
        blob += member;
    layout.layer("never seen", blob).write();
    expect_refusal(ErrorKind::integrity, "bomb");
}

} // namespace aic::builder

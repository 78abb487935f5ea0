// SPDX-License-Identifier: Apache-2.0
#include "builder/import.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/image_listing.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layout_builder.hpp"

#include <random>

namespace fs = std::filesystem;

namespace aic::builder {

using testing::LayerBuilder;
using testing::LayoutBuilder;

/// Layers with much in common, so that they replace, delete and link what others have.
std::string random_layer(std::minstd_rand& random) {
    LayerBuilder layer;
    for (int i = 0; i < 12; ++i) {
        const auto directory = fmt::format("d{}", random() % 3);
        const auto name = fmt::format("{}/f{}", directory, random() % 6);
        switch (random() % 6) {
        case 0:
            layer.whiteout(name);
            break;
        case 1:
            layer.symlink(fmt::format("{}/s{}", directory, random() % 3), name);
            break;
        case 2:
            layer.file(name, std::string(random() % 3000, static_cast<char>('a' + random() % 26)));
            layer.hardlink(fmt::format("h{}", i), name);
            break;
        case 3:
            layer.opaque(directory);
            break;
        default: {
            std::string text(random() % 30'000, '\0');
            for (char& c : text)
                c = static_cast<char>(random());
            layer.file(name, text);
        }
        }
    }
    return layer.tar();
}

class SpliceTest : public ::testing::Test {
protected:
    /// Into the store that all images of the test share.
    ImportResult import(const LayoutBuilder& layout) {
        auto config = layout.config();
        config.store.value = store / "store";
        return import_image(layout.reference(), config, environment_variable, options, {}, {});
    }

    /// The same image from nothing, as a file.
    std::string alone(const LayoutBuilder& layout) {
        auto from_nothing = options;
        from_nothing.output = store / "alone.sqsh";
        const auto result = import_image(layout.reference(), layout.config(), environment_variable,
                                         from_nothing, {}, {});
        EXPECT_FALSE(result.taken_over.method);
        return read_file_if_exists(result.file, 1 << 26).value();
    }

    static std::string bytes_of(const ImportResult& image) {
        return read_file_if_exists(image.file, 1 << 26).value();
    }

    testing::TempDir store;
    ImportOptions options = testing::small_import_options();
    const std::string base = LayerBuilder().file("a", std::string(50'000, 'a')).tar();
    const std::string more = LayerBuilder().file("b", "b").whiteout("a").tar();
};

TEST_F(SpliceTest, random_stacks_are_the_same_bytes_as_if_made_from_nothing) {
    for (const unsigned seed : {1U, 2U, 3U, 4U}) {
        std::minstd_rand random(seed);
        std::vector<std::string> layers;
        for (int i = 0; i < 6; ++i)
            layers.push_back(random_layer(random));
        options.compression = squashfs::Compression::parse(seed % 2 ? "zstd" : "none");
        for (int image = 0; image < 12; ++image) {
            LayoutBuilder layout;
            for (auto count = 1 + random() % 5; count > 0; --count)
                layout.layer(layers[random() % layers.size()]);
            layout.settings(fmt::format(R"({{"Env": ["A={}"]}})", random() % 4)).write();
            std::string spliced, from_nothing;
            std::string refusal, same_refusal;
            try {
                spliced = bytes_of(import(layout));
            } catch (const Error& error) { // a hardlink whose target a lower layer deletes
                refusal = name_of(error.kind());
            }
            try {
                from_nothing = alone(layout);
            } catch (const Error& error) {
                same_refusal = name_of(error.kind());
            }
            EXPECT_EQ(refusal, same_refusal);
            EXPECT_TRUE(spliced == from_nothing) << seed << " " << image;
        }
    }
}

TEST_F(SpliceTest, a_layer_that_is_there_is_not_read) {
    LayoutBuilder first, second;
    first.layer(base).write();
    second.layer(base).layer(more).write();
    import(first);
    fs::remove(second.blob(second.layers()[0]));
    const auto image = import(second);
    EXPECT_TRUE(image.taken_over.method);
    EXPECT_EQ(image.taken_over.from, first.reference().str());
    EXPECT_EQ(image.taken_over.size_bytes, image.record.segments[0].length_bytes);
}

TEST_F(SpliceTest, another_compression_is_no_donor) {
    LayoutBuilder first, second;
    first.layer(base).write();
    second.layer(base).layer(more).write();
    import(first);
    options.compression = squashfs::Compression::parse("zstd");
    EXPECT_FALSE(import(second).taken_over.method);
}

TEST_F(SpliceTest, an_image_that_lives_on_what_it_took_is_whole_when_the_donor_is_gone) {
    LayoutBuilder first, second;
    first.layer(base).write();
    second.layer(base).layer(more).write();
    const auto donor = import(first);
    const auto image = import(second);
    fs::remove_all(donor.file.parent_path());
    EXPECT_TRUE(bytes_of(image) == alone(second));
}

TEST_F(SpliceTest, a_donor_that_does_not_fit_its_record_is_passed_over) {
    LayoutBuilder first, second;
    first.layer(base).write();
    second.layer(base).layer(more).write();
    const auto donor = import(first);
    const auto path = donor.file.parent_path() / cache::k_layer_index_name;
    auto text = read_file_if_exists(path, 1 << 20).value();
    text[text.size() / 2] ^= 1;
    write_file(path, text);
    const auto image = import(second);
    EXPECT_FALSE(image.taken_over.method);
    EXPECT_TRUE(bytes_of(image) == alone(second));
}

TEST_F(SpliceTest, a_donor_cut_short_is_passed_over) {
    LayoutBuilder first, second;
    first.layer(base).write();
    second.layer(base).layer(more).write();
    const auto donor = import(first);
    fs::permissions(donor.file, fs::perms::owner_write, fs::perm_options::add);
    fs::resize_file(donor.file, 5000);
    EXPECT_FALSE(import(second).taken_over.method);
}

TEST_F(SpliceTest, the_producer_stays_whoever_made_the_bytes) {
    LayoutBuilder first, second;
    first.layer(base).write();
    second.layer(base).layer(more).write();
    const auto donor = import(first);
    EXPECT_EQ(import(second).record.segments[0].producer_uid,
              donor.record.segments[0].producer_uid);
}

} // namespace aic::builder

// SPDX-License-Identifier: Apache-2.0
#include "builder/compaction.hpp"
#include "builder/import.hpp"
#include "builder/known_image.hpp"
#include "builder/live_data.hpp"
#include "builder/stored_tree.hpp"
#include "cache/image_check.hpp"
#include "cache/trash.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/image_listing.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layout_builder.hpp"

#include <random>
#include <thread>

namespace fs = std::filesystem;

namespace aic::builder {

using testing::LayerBuilder;
using testing::LayoutBuilder;

namespace {

std::string random_bytes(std::minstd_rand& random, std::size_t size) {
    std::string text(size, '\0');
    for (char& c : text)
        c = static_cast<char>(random());
    return text;
}

/// Layers that replace, remove and link each other's files, small ones and ones of several blocks.
std::string random_layer(std::minstd_rand& random) {
    LayerBuilder layer;
    for (int i = 0; i < 20; ++i) {
        const auto directory = fmt::format("d{}", random() % 3);
        const auto name = fmt::format("{}/f{}", directory, random() % 8);
        switch (random() % 6) {
        case 0:
            layer.whiteout(name);
            break;
        case 1:
            layer.file(name, random_bytes(random, random() % 2000));
            layer.hardlink(fmt::format("h{}", i), name);
            break;
        case 2:
            layer.opaque(directory);
            break;
        case 3:
            layer.file(name, std::string(random() % 20'000, '\0')); // holes
            break;
        default:
            layer.file(name, random_bytes(random, random() % 30'000));
        }
    }
    return layer.tar();
}

/// As one text, so that a difference is shown.
std::string listing_of(const cache::StoredImage& image) {
    return text_of(testing::listing_of_image(image.file()));
}

} // namespace

class CompactionTest : public ::testing::Test {
protected:
    cache::StoredImage import(const LayoutBuilder& from) {
        auto config = from.config();
        config.store.value = store.layout().root();
        const auto result =
            import_image(from.reference(), config, environment_variable, options, {}, {});
        taken_over = result.taken_over;
        return store.find(result.record.id, result.record.variant).value();
    }

    /// An image of which the layer `base` is dead but for a small file.
    cache::StoredImage import_half_dead() {
        layout.layer(base).layer(LayerBuilder().whiteout("big").tar()).write();
        return import(layout);
    }

    static std::uint64_t live_bytes(const cache::StoredImage& image) {
        const auto stored = read_tree(image);
        std::uint64_t sum = 0;
        for (const auto& segment : live_data(stored.tree, stored.plan, stored.segments))
            sum += segment.live_bytes;
        return sum;
    }

    void expect_whole(const cache::StoredImage& image) {
        const auto checked =
            cache::check_image(store.layout(), image.directory, cache::Depth::contents, {});
        for (const auto& fault : checked.faults)
            ADD_FAILURE() << fault.path << ": " << fault.what;
    }

    testing::TempDir directory;
    cache::Store store{directory / "store"};
    LayoutBuilder layout;
    ImportOptions options = testing::small_import_options();
    TakenOver taken_over; ///< of the last import
    const std::string base =
        LayerBuilder().file("big", std::string(100'000, 'b')).file("small", "s").tar();
};

TEST_F(CompactionTest, random_stacks_keep_their_tree_and_lose_what_is_dead) {
    int compacted = 0;
    for (unsigned seed = 1; seed <= 24; ++seed) {
        std::minstd_rand random(seed);
        options.compression =
            squashfs::Compression::parse(std::array{"zstd", "none", "lz4", "gzip"}[seed % 4]);
        LayoutBuilder stack;
        for (auto count = 2 + random() % 5; count > 0; --count)
            stack.layer(random_layer(random));
        stack.write();
        std::optional<cache::StoredImage> before;
        try {
            before = import(stack);
        } catch (const Error&) { // a hardlink whose target a lower layer deletes
            continue;
        }
        const auto listing = listing_of(*before);
        const auto live = live_bytes(*before);
        EXPECT_EQ(before->record.dead_bytes, dead_bytes_of(*before));
        const auto after = compact(store, *before, {});
        if (!after) {
            EXPECT_EQ(before->record.dead_bytes, 0U) << seed;
            continue;
        }
        ++compacted;
        EXPECT_EQ(listing_of(*after), listing) << seed;
        EXPECT_EQ(live_bytes(*after), live) << seed;
        EXPECT_EQ(after->record.dead_bytes, 0U) << seed;
        expect_whole(*after);
        EXPECT_FALSE(compact(store, *after, {})) << "there is nothing left to be cut out";
    }
    EXPECT_GT(compacted, 10);
}

TEST_F(CompactionTest, what_unsquashfs_unpacks_is_the_same) {
    if (!testing::has_program("unsquashfs"))
        GTEST_SKIP() << "needs unsquashfs";
    const auto before = import_half_dead();
    ASSERT_TRUE(testing::unsquash(before.file(), directory / "before"));
    const auto after = compact(store, before, {});
    ASSERT_TRUE(after);
    ASSERT_TRUE(testing::unsquash(after->file(), directory / "after"));
    EXPECT_EQ(text_of(testing::listing_of_directory(directory / "after")),
              text_of(testing::listing_of_directory(directory / "before")));
}

TEST_F(CompactionTest, the_path_stays_and_the_old_file_is_in_the_trash) {
    const auto before = import_half_dead();
    const auto text = read_file_if_exists(before.file(), 1 << 26).value();
    const auto open = open_file(before.file(), O_RDONLY);
    const auto after = compact(store, before, {});
    ASSERT_TRUE(after);
    EXPECT_EQ(after->file(), before.file());
    EXPECT_LT(after->record.size_bytes + 90'000, before.record.size_bytes);
    const auto trashed = cache::Trash(store.layout()).find(before.record.id, before.record.variant);
    ASSERT_TRUE(trashed);
    EXPECT_EQ(read_file_if_exists(trashed->directory / before.record.file_name, 1 << 26), text);
    std::string still(text.size(), '\0');
    pread_exact(open.get(), std::as_writable_bytes(std::span(still)), 0, before.file());
    EXPECT_TRUE(still == text);
}

TEST_F(CompactionTest, whoever_looks_meanwhile_finds_a_whole_image) {
    const auto before = import_half_dead();
    const auto& [id, variant] = std::pair(before.record.id, before.record.variant);
    fs::copy(before.directory, directory / "whole");
    ASSERT_TRUE(compact(store, before, {}));
    fs::copy(before.directory, directory / "compacted");
    const cache::Trash trash(store.layout());
    std::jthread exchanges([&](std::stop_token stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
            const WorkDir work(store.layout().temporary());
            fs::copy(directory / (i % 2 ? "compacted" : "whole"), work.path() / "image");
            EXPECT_TRUE(trash.replace(id, variant, work.path() / "image"));
        }
    });
    for (int i = 0; i < 300; ++i) {
        EXPECT_TRUE(find_complete(store, id, variant));
        expect_whole(before);
    }
}

TEST_F(CompactionTest, the_image_is_as_old_and_from_where_it_was) {
    const auto before = import_half_dead();
    const auto after = compact(store, before, {});
    ASSERT_TRUE(after);
    EXPECT_EQ(after->record.id, before.record.id);
    EXPECT_EQ(after->record.created_seconds, before.record.created_seconds);
    EXPECT_EQ(after->record.reference, before.record.reference);
    EXPECT_EQ(after->record.segments[0].producer_uid, before.record.segments[0].producer_uid);
}

TEST_F(CompactionTest, a_layer_that_was_cut_is_no_donor_and_one_that_is_whole_is) {
    const auto other = LayerBuilder().file("other", std::string(9'000, 'o')).tar();
    layout.layer(base).layer(other).layer(LayerBuilder().whiteout("big").tar()).write();
    ASSERT_TRUE(compact(store, import(layout), {}));
    LayoutBuilder second;
    second.layer(other).layer(base).write();
    const auto image = import(second);
    EXPECT_EQ(taken_over.size_bytes, image.record.segments[0].length_bytes);
    EXPECT_EQ(testing::listing_of_image(image.file()).at("big").text, std::string(100'000, 'b'));
}

TEST_F(CompactionTest, another_pull_finds_the_compacted_image) {
    const auto after = compact(store, import_half_dead(), {});
    ASSERT_TRUE(after);
    EXPECT_EQ(import(layout).record.size_bytes, after->record.size_bytes);
}

TEST_F(CompactionTest, a_damaged_segment_is_not_given_a_new_hash) {
    const auto image = import_half_dead();
    auto text = read_file_if_exists(image.file(), 1 << 26).value();
    text.at(image.record.segments[0].offset + 1) ^= 1;
    write_file(image.file(), text, 0444);
    EXPECT_ERROR(ErrorKind::integrity, compact(store, image, {}));
    EXPECT_EQ(read_file_if_exists(image.file(), 1 << 26), text);
    EXPECT_TRUE(cache::Trash(store.layout()).list().empty());
}

TEST_F(CompactionTest, an_image_that_has_gone_meanwhile_does_not_come_back) {
    const auto image = import_half_dead();
    const cache::Trash trash(store.layout());
    ASSERT_TRUE(trash.put(image.record.id, image.record.variant));
    const auto trashed = trash.find(image.record.id, image.record.variant);
    ASSERT_TRUE(trashed);
    EXPECT_FALSE(compact(store, {image.record, trashed->directory}, {}));
    EXPECT_FALSE(store.find(image.record.id, image.record.variant));
}

TEST_F(CompactionTest, what_is_dead_is_counted_where_an_older_release_did_not) {
    auto image = import_half_dead();
    const auto recorded = image.record.dead_bytes;
    image.record.dead_bytes.reset();
    EXPECT_GE(recorded.value(), 100'000U);
    EXPECT_EQ(dead_bytes_of(image), recorded);
}

TEST(CompactionChoiceTest, what_is_dead_must_be_worth_it_and_the_image_at_rest) {
    using std::chrono::hours;
    EXPECT_TRUE(choose_compaction(1000, 101, hours(48), hours(24)).compacts);
    EXPECT_FALSE(choose_compaction(1000, 100, hours(48), hours(24)).compacts);
    EXPECT_FALSE(choose_compaction(1000, 500, hours(23), hours(24)).compacts);
    EXPECT_FALSE(choose_compaction(0, 0, hours(48), hours(24)).compacts);
    EXPECT_EQ(choose_compaction(1000, 123, hours(48), hours(24)).reason, "12 % of it is dead");
}

} // namespace aic::builder

// SPDX-License-Identifier: Apache-2.0
#include "cache/catalogue.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/sample_record.hpp"

namespace aic::cache {

using testing::sample_record;

class CatalogueTest : public ::testing::Test {
protected:
    void add(uid_t owner, const Record& record) {
        catalogue.put(owner, ObjectKey::image(record.id, record.variant), record);
    }

    void refer(uid_t owner, const std::string& reference, const ImageId& id) {
        const auto path = Layout("/s", owner).reference(reference, {"linux", "amd64", ""});
        catalogue.put(owner, ObjectKey::reference(path.filename().native()),
                      ReferenceRecord{.reference = reference, .id = id});
    }

    void name(uid_t owner, const char* name, const Record& record) {
        catalogue.put(owner, ObjectKey::name(name),
                      NameSummary{.id = record.id, .variant = record.variant});
    }

    std::size_t found(const std::string& pattern) const {
        return catalogue.images({.pattern = pattern}).size();
    }

    static SegmentKey segment_of(const Record& record) {
        return {.diff_id = record.segments.at(0).diff_id.value(),
                .compression = record.compression,
                .block_bytes = record.block_bytes,
                .format = record.segments.at(0).format};
    }

    Catalogue catalogue;
    const Record a = sample_record("a");
    const Record b = sample_record("b");
};

TEST_F(CatalogueTest, an_image_is_listed_as_its_record_says) {
    add(7, a);
    const auto images = catalogue.images();
    ASSERT_EQ(images.size(), 1U);
    EXPECT_EQ(images[0].owner_uid, 7);
    EXPECT_EQ(images[0].id, a.id);
    EXPECT_EQ(images[0].variant, a.variant);
    EXPECT_EQ(images[0].reference, a.reference);
    EXPECT_EQ(images[0].platform, "linux/amd64");
    EXPECT_EQ(images[0].file_name, a.file_name);
    EXPECT_EQ(images[0].size_bytes, a.size_bytes);
    EXPECT_EQ(images[0].compression, a.compression);
    EXPECT_EQ(images[0].block_bytes, a.block_bytes);
    EXPECT_EQ(images[0].profile, a.profile);
    EXPECT_EQ(images[0].created_seconds, a.created_seconds);
    EXPECT_EQ(images[0].made_by, a.made_by);
    EXPECT_FALSE(images[0].is_pinned);
}

TEST_F(CatalogueTest, an_image_is_listed_with_what_leads_to_it) {
    add(7, a);
    add(8, a);
    refer(7, "x:1", a.id);
    refer(7, "x:2", a.id);
    refer(7, "x:3", b.id);
    name(8, "exp", a);
    catalogue.put(8, ObjectKey::pin(a.id, a.variant), PinSummary{});
    const auto images = catalogue.images();
    ASSERT_EQ(images.size(), 2U);
    EXPECT_THAT(images[0].references, ::testing::ElementsAre("x:1", "x:2"));
    EXPECT_THAT(images[0].names, ::testing::IsEmpty());
    EXPECT_THAT(images[1].names, ::testing::ElementsAre("exp"));
    EXPECT_TRUE(images[1].is_pinned);
}

TEST_F(CatalogueTest, the_newest_image_comes_first) {
    auto newer = b;
    newer.created_seconds = a.created_seconds + 1;
    add(7, a);
    add(7, newer);
    EXPECT_EQ(catalogue.images().at(0).id, b.id);
}

TEST_F(CatalogueTest, images_are_found_by_name_reference_and_id) {
    add(7, a);
    refer(7, "nvcr.io/nvidia/pytorch:24.05", a.id);
    name(7, "exp", a);
    for (const auto& pattern :
         {std::string(), std::string("pytorch"), std::string("nvcr.io/*"), std::string("e?p"),
          a.id.hex().substr(0, 6), a.id.hex().substr(0, 6) + "*"})
        EXPECT_EQ(found(pattern), 1U) << pattern;
    for (const char* pattern : {"tensorflow", "docker.io/*", "pytorch*", "zz*"})
        EXPECT_EQ(found(pattern), 0U) << pattern;
}

TEST_F(CatalogueTest, an_image_no_reference_leads_to_is_found_by_the_one_it_was_pulled_by) {
    add(7, a);
    EXPECT_EQ(found("ubuntu"), 1U);
    refer(7, "renamed:1", a.id);
    EXPECT_EQ(found("ubuntu"), 0U);
}

TEST_F(CatalogueTest, images_are_found_by_their_owner) {
    add(7, a);
    add(8, b);
    EXPECT_EQ(catalogue.images({.owner = 8}).at(0).id, b.id);
    EXPECT_TRUE(catalogue.images({.owner = 9}).empty());
}

TEST_F(CatalogueTest, every_holder_of_a_segment_is_found) {
    add(7, a);
    add(8, b);
    const auto holders = catalogue.holders_of(segment_of(a));
    ASSERT_EQ(holders.size(), 2U);
    EXPECT_EQ(holders[0].owner_uid, 7);
    EXPECT_EQ(holders[0].id, a.id);
    EXPECT_EQ(holders[0].variant, a.variant);
    EXPECT_EQ(holders[0].file_name, a.file_name);
    EXPECT_EQ(holders[0].position, 0U);
    EXPECT_EQ(holders[0].offset, 4096U);
    EXPECT_EQ(holders[0].length_bytes, 12345U);
    EXPECT_EQ(holders[0].hash, a.segments[0].hash);
    EXPECT_EQ(holders[0].producer_uid, 1000);
}

TEST_F(CatalogueTest, a_segment_of_other_settings_is_another_one) {
    add(7, a);
    auto segment = segment_of(a);
    segment.compression = "lz4";
    EXPECT_TRUE(catalogue.holders_of(segment).empty());
    segment = segment_of(a);
    segment.block_bytes *= 2;
    EXPECT_TRUE(catalogue.holders_of(segment).empty());
    segment = segment_of(a);
    segment.format += 1;
    EXPECT_TRUE(catalogue.holders_of(segment).empty());
    segment = segment_of(a);
    segment.diff_id = DiffId(sha256_of("another"));
    EXPECT_TRUE(catalogue.holders_of(segment).empty());
}

TEST_F(CatalogueTest, statistics_say_what_could_be_shared) {
    add(7, a);
    add(7, b); // with the same segment
    add(8, b);
    const auto statistics = catalogue.statistics();
    ASSERT_EQ(statistics.size(), 2U);
    EXPECT_EQ(statistics[0].owner_uid, 7);
    EXPECT_EQ(statistics[0].images, 2U);
    EXPECT_EQ(statistics[0].size_bytes, a.size_bytes + b.size_bytes);
    EXPECT_EQ(statistics[0].segment_bytes, 2 * 12345U);
    EXPECT_EQ(statistics[0].unique_segment_bytes, 12345U);
}

TEST_F(CatalogueTest, names_are_listed_by_owner) {
    name(8, "b", b);
    name(7, "z", a);
    name(7, "a", a);
    ASSERT_EQ(catalogue.names().size(), 3U);
    EXPECT_EQ(catalogue.names()[0].name, "a");
    EXPECT_EQ(catalogue.names(8).at(0).id, b.id);
}

TEST_F(CatalogueTest, putting_an_object_again_changes_nothing) {
    add(7, a);
    const auto before = catalogue.dump();
    add(7, a);
    EXPECT_EQ(catalogue.dump(), before);
}

TEST_F(CatalogueTest, an_object_that_is_gone_leaves_nothing_behind) {
    const auto before = catalogue.dump();
    add(7, a);
    refer(7, "x", a.id);
    name(7, "exp", a);
    for (const auto& key :
         {ObjectKey::image(a.id, a.variant), ObjectKey::name("exp"),
          ObjectKey::reference("x@linux-amd64.json"), ObjectKey::pin(a.id, a.variant)})
        catalogue.put(7, key, std::nullopt);
    EXPECT_EQ(catalogue.dump(), before);
    EXPECT_TRUE(catalogue.holders_of(segment_of(a)).empty());
}

TEST_F(CatalogueTest, every_column_shows_in_a_dump) {
    add(7, a);
    const auto before = catalogue.dump();
    const auto differs = [&](auto change) {
        auto changed = a;
        change(changed);
        add(7, changed);
        return catalogue.dump() != before;
    };
    EXPECT_TRUE(differs([](Record& record) { record.reference += 'x'; }));
    EXPECT_TRUE(differs([](Record& record) { record.file_name += 'x'; }));
    EXPECT_TRUE(differs([](Record& record) { record.size_bytes += 1; }));
    EXPECT_TRUE(differs([](Record& record) { record.made_by += 'x'; }));
    EXPECT_TRUE(differs([](Record& record) { record.segments[0].offset += 1; }));
    EXPECT_TRUE(differs([](Record& record) { record.segments[0].diff_id.reset(); }));
    EXPECT_TRUE(differs([](Record& record) { record.segments.clear(); }));
    EXPECT_FALSE(differs([](Record&) {}));
}

TEST_F(CatalogueTest, owners_that_do_not_count_are_forgotten) {
    add(7, a);
    add(8, b);
    name(8, "exp", b);
    catalogue.keep_owners({7});
    EXPECT_EQ(catalogue.images().size(), 1U);
    EXPECT_TRUE(catalogue.names().empty());
}

TEST_F(CatalogueTest, odd_text_is_kept_as_it_is) {
    auto odd = a;
    odd.reference = "'; DROP TABLE images; --\n\xff";
    add(7, odd);
    EXPECT_EQ(catalogue.images().at(0).reference, odd.reference);
}

} // namespace aic::cache

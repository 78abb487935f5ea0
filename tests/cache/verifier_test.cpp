// SPDX-License-Identifier: Apache-2.0
#include "cache/trash.hpp"
#include "cache/verifier.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/sealed.hpp"
#include "tests/support/whole_store.hpp"

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::cache {

using testing::flip_bit;
using testing::flip_bit_after;
using testing::WholeImage;

class VerifierTest : public ::testing::Test {
protected:
    Verified verified(const VerifyOptions& options = {}) const {
        return verify(store.layout(), options, {});
    }

    /// What is said about one path.
    std::vector<std::string> said_of(const fs::path& path) const {
        std::vector<std::string> said;
        for (const auto& fault : verified().faults)
            if (fault.path == path)
                said.push_back(fault.what);
        return said;
    }

    /// Puts an image of this test's own making in.
    fs::path add(WholeImage& whole) {
        whole.seal();
        store.add(whole);
        return store.directory_of(whole);
    }

    testing::WholeStore store;
};

TEST_F(VerifierTest, an_intact_store_has_no_faults) {
    const auto result = verified();
    EXPECT_TRUE(result.faults.empty());
    EXPECT_TRUE(result.notes.empty());
    EXPECT_EQ(result.images, 2U);
    EXPECT_EQ(result.size_bytes, 2 * 16384U);
}

TEST_F(VerifierTest, a_store_that_does_not_exist_has_no_faults) {
    const Layout nowhere(store.directory / "nowhere", ::geteuid());
    EXPECT_TRUE(verify(nowhere, {}, {}).faults.empty());
    EXPECT_FALSE(fs::exists(store.directory / "nowhere"));
}

TEST_F(VerifierTest, a_bit_anywhere_in_an_image_file_is_found) {
    for (const auto& [offset, what] :
         {std::pair(0, "the header"), std::pair(95, "the header"), std::pair(96, "the padding"),
          std::pair(4095, "the padding"), std::pair(4096, "segment 1"),
          std::pair(9095, "segment 1"), std::pair(9096, "the padding"),
          std::pair(12287, "the padding"), std::pair(12288, "the tables"),
          std::pair(16383, "the tables")}) {
        flip_bit(store.file(), static_cast<std::size_t>(offset));
        EXPECT_THAT(said_of(store.file()), ::testing::ElementsAre(::testing::HasSubstr(what)))
            << offset;
        flip_bit(store.file(), static_cast<std::size_t>(offset));
    }
    EXPECT_TRUE(verified().faults.empty());
}

TEST_F(VerifierTest, a_bit_in_any_field_of_a_record_that_says_what_the_image_is_is_found) {
    for (const char* field :
         {R"("id": "sha256:)", R"("variant": ")", R"("config": ")", R"("manifest": ")",
          R"("manifest_digest": "sha256:)", R"("platform": ")", R"("compression": ")",
          R"("block_bytes": )", R"("profile": ")", R"("file_digest": ")", R"("owner_uid": )",
          R"("diff_id": "sha256:)", R"("blob": "sha256:)"}) {
        flip_bit_after(store.record(), field);
        EXPECT_FALSE(said_of(store.record()).empty()) << field;
        flip_bit_after(store.record(), field);
    }
    EXPECT_TRUE(verified().faults.empty());
}

TEST_F(VerifierTest, a_bit_in_where_a_record_comes_from_differs_from_the_catalogue) {
    flip_bit_after(store.record(), R"("made_by": ")");
    EXPECT_FALSE(said_of(store.layout().catalogue()).empty());
}

TEST_F(VerifierTest, a_bit_in_a_layer_index_is_found) {
    flip_bit(store.index(), 3);
    EXPECT_THAT(said_of(store.index()), ::testing::ElementsAre("it is not as recorded"));
}

TEST_F(VerifierTest, a_bit_in_a_reference_is_found) {
    for (const char* place : {"{", R"("reference": ")", R"("id": "sha)"}) {
        flip_bit_after(store.reference(), place);
        EXPECT_EQ(said_of(store.reference()).size(), 1U) << place;
        flip_bit_after(store.reference(), place);
    }
}

TEST_F(VerifierTest, a_bit_in_a_names_states_is_found) {
    for (const auto number : {1U, 2U})
        for (const char* place : {"{", R"("name": ")", R"("state": ")", R"("id": "sha)"}) {
            flip_bit_after(store.state(number), place);
            EXPECT_EQ(said_of(store.state(number)).size(), 1U) << number << place;
            flip_bit_after(store.state(number), place);
        }
}

TEST_F(VerifierTest, a_bit_in_a_pin_is_found) {
    for (const char* place : {"{", R"("id": "sha256:)", R"("variant": ")"}) {
        flip_bit_after(store.pin(), place);
        EXPECT_EQ(said_of(store.pin()).size(), 1U) << place;
        flip_bit_after(store.pin(), place);
    }
}

TEST_F(VerifierTest, a_bit_in_a_generation_is_found) {
    const auto size = fs::file_size(store.generation());
    for (const auto offset : {std::uintmax_t{0}, size / 2, size - 1}) {
        flip_bit(store.generation(), offset);
        EXPECT_THAT(said_of(store.generation()),
                    ::testing::ElementsAre(::testing::HasSubstr("damaged")));
        flip_bit(store.generation(), offset);
    }
}

TEST_F(VerifierTest, rows_that_the_files_do_not_have_are_named) {
    fs::remove(store.pin());
    EXPECT_THAT(said_of(store.layout().catalogue()),
                ::testing::Contains(::testing::HasSubstr(" pin ")));
}

TEST_F(VerifierTest, all_faults_are_told) {
    for (const std::size_t offset : {0U, 200U, 5000U, 13000U})
        flip_bit(store.file(), offset);
    flip_bit(store.index(), 0);
    flip_bit(store.reference(), 0);
    EXPECT_EQ(verified().faults.size(), 6U + 1U); // and the reference's row
}

TEST_F(VerifierTest, a_quick_look_sees_sizes_and_records_and_no_contents) {
    flip_bit(store.file(), 5000);
    flip_bit(store.index(), 0);
    EXPECT_TRUE(verified({.depth = Depth::layout}).faults.empty());
    fs::permissions(store.file(), fs::perms::owner_write, fs::perm_options::add);
    fs::resize_file(store.file(), 8000);
    EXPECT_FALSE(verified({.depth = Depth::layout}).faults.empty());
}

TEST_F(VerifierTest, an_image_that_is_cut_short_or_gone_is_found) {
    fs::permissions(store.file(), fs::perms::owner_write, fs::perm_options::add);
    fs::resize_file(store.file(), 10000);
    EXPECT_THAT(said_of(store.file()), ::testing::Contains(::testing::HasSubstr("10000 bytes")));
    fs::remove(store.file());
    EXPECT_EQ(said_of(store.file()).size(), 1U);
    fs::remove(store.record());
    EXPECT_EQ(said_of(store.record()).size(), 1U);
}

TEST_F(VerifierTest, a_file_that_anybody_may_change_is_a_fault) {
    fs::permissions(store.file(), fs::perms::owner_write, fs::perm_options::add);
    EXPECT_THAT(said_of(store.file()), ::testing::ElementsAre(::testing::HasSubstr("mode 0644")));
}

TEST_F(VerifierTest, parts_that_overlap_are_a_fault) {
    WholeImage whole("overlapping");
    whole.record.segments.push_back(testing::part_of(whole.file, 8000, 100));
    const auto file = add(whole) / whole.record.file_name;
    EXPECT_THAT(said_of(file), ::testing::Contains(::testing::HasSubstr("before what precedes")));
}

TEST_F(VerifierTest, parts_beyond_the_end_are_a_fault) {
    WholeImage whole("beyond");
    whole.record.tables.length_bytes = ~std::uint64_t{0} - 4096;
    const auto file = add(whole) / whole.record.file_name;
    EXPECT_THAT(said_of(file), ::testing::Contains(::testing::HasSubstr("beyond its end")));
}

TEST_F(VerifierTest, a_foreign_image_begins_with_its_segment) {
    WholeImage whole("foreign");
    auto& record = whole.record;
    record.variant = "lzo-128k-foreign";
    record.compression = "lzo";
    record.profile = "foreign";
    record.header = testing::part_of(whole.file, 0, 0);
    auto segment = testing::part_of(whole.file, 0, 12288);
    segment.diff_id = record.segments[0].diff_id;
    record.segments = {segment};
    add(whole);
    EXPECT_TRUE(verified().faults.empty());
}

TEST_F(VerifierTest, a_record_in_another_images_place_is_a_fault) {
    write_file(store.record(), to_json(store.other.record));
    EXPECT_THAT(said_of(store.record()),
                ::testing::Contains(::testing::HasSubstr("another image")));
}

TEST_F(VerifierTest, what_leads_nowhere_is_no_fault) {
    fs::remove_all(store.layout().image(store.image.record.id));
    rebuild(store.layout());
    const auto result = verified();
    EXPECT_TRUE(result.faults.empty());
    EXPECT_EQ(result.notes.size(), 3U); // reference, name, pin
}

TEST_F(VerifierTest, what_is_in_the_trash_is_somewhere) {
    Trash(store.layout()).put(store.image.record.id, store.image.record.variant);
    const auto result = verified();
    EXPECT_TRUE(result.faults.empty());
    EXPECT_TRUE(result.notes.empty());
}

TEST_F(VerifierTest, what_a_newer_aic_image_made_is_not_to_be_mended) {
    auto fields = testing::fields_of(to_json(store.image.record));
    fields["version"] = 7;
    write_file(store.record(), testing::sealed(fields));
    for (const auto& fault : verified().faults)
        EXPECT_EQ(fault.is_mendable, fault.path != store.record()) << fault.what;
}

TEST_F(VerifierTest, only_the_images_that_were_asked_for_are_looked_at) {
    flip_bit(store.file(), 5000);
    flip_bit(store.pin(), 0);
    const auto& other = store.other.record;
    const auto result = verified({.only = std::vector<ImageKey>{{other.id, other.variant}}});
    EXPECT_TRUE(result.faults.empty());
    EXPECT_EQ(result.images, 1U);
}

TEST_F(VerifierTest, it_can_be_stopped) {
    std::stop_source source;
    source.request_stop();
    EXPECT_ERROR(ErrorKind::interrupted, verify(store.layout(), {}, source.get_token()));
}

} // namespace aic::cache

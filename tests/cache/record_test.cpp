// SPDX-License-Identifier: Apache-2.0
#include "cache/record.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/golden_file.hpp"
#include "tests/support/sample_record.hpp"
#include "tests/support/sealed.hpp"

namespace aic::cache {

using nlohmann::json;
using testing::fields_of;
using testing::sample_record;
using testing::sealed;

/// The sample's JSON with one field set to something else.
std::string with_field(const char* name, const json& value) {
    auto object = fields_of(to_json(sample_record()));
    object[name] = value;
    return sealed(object);
}

TEST(RecordTest, the_format_is_that_of_the_golden_file) {
    testing::expect_golden("record.json", to_json(sample_record()));
}

TEST(RecordTest, what_is_written_reads_back) {
    const auto text = to_json(sample_record());
    EXPECT_EQ(to_json(parse_record(text)), text);
}

TEST(RecordTest, every_field_is_needed) {
    const auto whole = fields_of(to_json(sample_record()));
    for (const auto& [name, value] : whole.items()) {
        auto lacking = whole;
        lacking.erase(name);
        EXPECT_ERROR_SAYING(ErrorKind::integrity, name, parse_record(sealed(lacking))) << name;
    }
}

TEST(RecordTest, what_is_dead_may_be_unknown) {
    EXPECT_FALSE(parse_record(with_field("dead_bytes", nullptr)).dead_bytes);
}

TEST(RecordTest, a_field_of_another_type_is_named) {
    const auto whole = fields_of(to_json(sample_record()));
    for (const auto& [name, value] : whole.items())
        EXPECT_ERROR(ErrorKind::integrity, parse_record(with_field(name.c_str(), json(true))))
            << name;
}

TEST(RecordTest, a_file_name_never_leads_out_of_the_image) {
    for (const char* hostile : {"", ".", "..", "../x", "/etc/passwd", "a/b", ".hidden"})
        EXPECT_ERROR_SAYING(ErrorKind::integrity, "file_name",
                            parse_record(with_field("file_name", hostile)))
            << hostile;
}

TEST(RecordTest, numbers_that_do_not_fit_are_refused) {
    EXPECT_ERROR(ErrorKind::integrity, parse_record(with_field("size_bytes", -1)));
    EXPECT_ERROR(ErrorKind::integrity, parse_record(with_field("block_bytes", 1ULL << 33)));
    EXPECT_ERROR(ErrorKind::integrity, parse_record(with_field("size_bytes", 1e30)));
    EXPECT_ERROR(ErrorKind::integrity, parse_record(with_field("size_bytes", 1.5)));
}

TEST(RecordTest, malformed_digests_times_and_platforms_are_refused) {
    EXPECT_ERROR(ErrorKind::integrity, parse_record(with_field("id", "sha256:abc")));
    EXPECT_ERROR(ErrorKind::integrity, parse_record(with_field("file_digest", "zz")));
    EXPECT_ERROR(ErrorKind::integrity, parse_record(with_field("created", "yesterday")));
    EXPECT_ERROR(ErrorKind::integrity, parse_record(with_field("platform", "a b/c d")));
}

TEST(RecordTest, another_date_than_its_hash_says_is_damage) {
    auto text = to_json(sample_record());
    const auto digit = text.find("\"created\": \"20") + 15;
    text[digit] = static_cast<char>(text[digit] ^ 1);
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "its hash", parse_record(text));
}

TEST(RecordTest, a_newer_version_says_so) {
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "newer", parse_record(with_field("version", 2)));
}

TEST(RecordTest, what_is_no_json_object_is_refused) {
    for (const char* text : {"", "null", "[]", "3", "{", "\"x\""})
        EXPECT_ERROR(ErrorKind::integrity, parse_record(text)) << text;
}

TEST(RecordTest, text_that_is_no_utf_8_can_be_written) {
    auto record = sample_record();
    record.reference = "oci:/\xff\xfe";
    EXPECT_NO_THROW(parse_record(to_json(record)));
}

TEST(ReferenceRecordTest, what_is_written_reads_back) {
    const auto text = to_json(ReferenceRecord{.reference = "docker.io/library/ubuntu:22.04",
                                              .points_at = Digest(sha256_of("index")),
                                              .manifest_digest = Digest(sha256_of("manifest")),
                                              .id = ImageId(sha256_of("config")),
                                              .resolved_seconds = 1'700'000'000});
    EXPECT_EQ(to_json(parse_reference_record(text)), text);
}

TEST(UtcTimeTest, times_are_rfc_3339) {
    EXPECT_EQ(utc_time(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(utc_time(1'700'000'000), "2023-11-14T22:13:20Z");
    EXPECT_EQ(parse_utc_time("2023-11-14T22:13:20Z"), 1'700'000'000);
}

TEST(UtcTimeTest, what_is_no_such_time_is_refused) {
    for (const char* text :
         {"", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13:20Zz", "2023-13-14T22:13:20Z"})
        EXPECT_ERROR(ErrorKind::integrity, parse_utc_time(text)) << text;
}

} // namespace aic::cache

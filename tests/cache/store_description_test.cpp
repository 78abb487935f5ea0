// SPDX-License-Identifier: Apache-2.0
#include "cache/store_description.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::cache {

StoreDescription parsed(std::string_view text) {
    return parse_description(text, "/data/aic-image/store.json");
}

TEST(StoreDescription, is_read_as_it_was_written) {
    for (const auto preset : {Preset::personal, Preset::lab, Preset::site})
        for (const bool trusts_group : {false, true}) {
            const auto again = parsed(to_json({.preset = preset, .trusts_group = trusts_group}));
            EXPECT_EQ(again.preset, preset);
            EXPECT_EQ(again.trusts_group, trusts_group);
            EXPECT_EQ(again.format, k_store_format);
            EXPECT_TRUE(again.is_writable());
        }
}

TEST(StoreDescription, the_first_format_is_a_private_store) {
    const auto first = parsed(R"({"format": 1, "min_reader": 1, "min_writer": 1})");
    EXPECT_EQ(first.format, 1);
    EXPECT_EQ(first.preset, Preset::personal);
    EXPECT_TRUE(first.is_writable());
}

TEST(StoreDescription, what_only_a_newer_release_reads_is_refused) {
    EXPECT_ERROR_SAYING(ErrorKind::usage, "needs a newer aic-image",
                        parsed(R"({"format": 9, "min_reader": 9, "min_writer": 9})"));
}

TEST(StoreDescription, what_only_a_newer_release_writes_can_be_read) {
    const auto newer = parsed(R"({"format": 3, "min_reader": 2, "min_writer": 3,
                                  "preset": "lab", "trust": "publishers"})");
    EXPECT_FALSE(newer.is_writable());
    EXPECT_EQ(newer.preset, Preset::lab);
}

TEST(StoreDescription, anything_else_is_damage) {
    for (const auto* text : {"", "[]", "7", "{}", R"({"format": "1"})",
                             R"({"format": 4294967297, "min_reader": 4294967297, "min_writer": 1})",
                             R"({"format": 1, "min_reader": -1, "min_writer": 1})",
                             R"({"format": 2, "min_reader": 1, "min_writer": 2})",
                             R"({"format": 2, "min_reader": 1, "min_writer": 2, "preset": 1})",
                             R"({"format": 2, "min_reader": 1, "min_writer": 2,
                                 "preset": "club", "trust": "group"})"})
        EXPECT_ERROR(ErrorKind::integrity, parsed(text)) << text;
}

TEST(StoreDescription, presets_have_names) {
    for (const auto* name : {"private", "lab", "site"})
        EXPECT_STREQ(to_string(parse_preset(name)), name);
    EXPECT_ERROR_SAYING(ErrorKind::usage, "private, lab and site", parse_preset("club"));
}

} // namespace aic::cache

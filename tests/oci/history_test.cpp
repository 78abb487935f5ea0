// SPDX-License-Identifier: Apache-2.0
#include "oci/history.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace aic::oci {
namespace {

std::string config(const std::string& history, int layers = 1) {
    std::string diff_ids;
    for (int i = 0; i < layers; ++i)
        diff_ids += fmt::format("{}\"sha256:{:064x}\"", i > 0 ? "," : "", i + 1);
    return fmt::format(R"({{"rootfs":{{"diff_ids":[{}]}},"history":{}}})", diff_ids, history);
}

TEST(HistoryTest, each_layer_belongs_to_the_next_instruction_that_makes_one) {
    const auto entries = parse_history(config(
        R"([{"created":"c","created_by":"a","comment":"12 s"},{"created_by":"ENV","empty_layer":true},{}])",
        2));
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].created, "c");
    EXPECT_EQ(entries[0].created_by, "a");
    EXPECT_EQ(entries[0].comment, "12 s");
    EXPECT_EQ(entries[0].layer->hex().back(), '1');
    EXPECT_FALSE(entries[1].layer);
    EXPECT_EQ(entries[2].layer->hex().back(), '2');
}

TEST(HistoryTest, one_that_does_not_fit_its_layers_is_none) {
    for (const auto& text :
         {config("[]"), config("[{},{}]"), config("[1]"), config("null"), config("{}", 0),
          config(R"([{"empty_layer":"x"}])"), std::string("{}"), std::string("["),
          std::string(R"({"rootfs":{"diff_ids":["md5:1"]},"history":[{}]})")})
        EXPECT_TRUE(parse_history(text).empty()) << text;
}

TEST(HistoryTest, fields_that_are_no_text_are_left_out) {
    const auto entries = parse_history(config(R"([{"created":1,"created_by":["x"]}])"));
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].created_by, "");
}

} // namespace
} // namespace aic::oci

// SPDX-License-Identifier: Apache-2.0
#include "registry/content_range.hpp"

#include <gtest/gtest.h>

namespace aic::registry {

TEST(ContentRangeTest, names_the_range_and_perhaps_the_total) {
    EXPECT_EQ(parse_content_range("bytes 2-4/5"), (ContentRange{{2, 5}, 5}));
    EXPECT_EQ(parse_content_range("bytes 5-5/*"), (ContentRange{{5, 6}, std::nullopt}));
    EXPECT_EQ(parse_content_range("bytes 0-18446744073709551613/18446744073709551614"),
              (ContentRange{{0, 18446744073709551614U}, 18446744073709551614U}));
}

TEST(ContentRangeTest, anything_else_is_none) {
    for (const char* text :
         {"", "bytes", "bytes ", "bytes 2-4", "bytes 2-4/", "bytes */5", "items 2-4/5",
          "bytes 4-2/5", "bytes 2-5/5", "bytes -4/5", "bytes 2-4/5 ", "bytes 2-4/5,",
          "bytes 2-99999999999999999999/5", "bytes 0-18446744073709551615/*", "bytes 2 - 4/5"})
        EXPECT_EQ(parse_content_range(text), std::nullopt) << text;
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "core/content_hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace aic {

TEST(ContentHash, is_what_xxh128sum_prints) {
    EXPECT_EQ(ContentHash::of("").hex(), "99aa06d3014798d86001c324468d497f");
    EXPECT_EQ(ContentHash::of("hello, world\n").hex(), "aef7d73364a11a632fc4faefcc422cb8");
}

TEST(ContentHash, is_read_from_what_it_prints) {
    const auto hash = ContentHash::of("bytes");
    EXPECT_EQ(ContentHash::try_parse(hash.hex()), hash);
}

TEST(ContentHash, is_32_lower_case_hex_digits) {
    const auto hex = ContentHash::of("bytes").hex();
    EXPECT_FALSE(ContentHash::try_parse(""));
    EXPECT_FALSE(ContentHash::try_parse(hex.substr(1)));
    EXPECT_FALSE(ContentHash::try_parse(hex + "0"));
    EXPECT_FALSE(ContentHash::try_parse("9" + hex.substr(1, 30) + "A"));
    EXPECT_FALSE(ContentHash::try_parse(std::string(31, '0') + "g"));
}

TEST(ContentHasher, does_not_see_how_the_bytes_come) {
    const std::string text(100'000, 'x');
    ContentHasher pieces;
    for (std::size_t at = 0, count = 1; at < text.size(); at += count, count = count * 2 + 1)
        pieces.update(as_bytes(text).subspan(at, std::min(count, text.size() - at)));
    EXPECT_EQ(pieces.value(), ContentHash::of(text));
}

TEST(ContentHasher, goes_back_to_an_earlier_point) {
    ContentHasher hash, before;
    hash.update(as_bytes(std::string_view("kept ")));
    before.assign(hash);
    hash.update(as_bytes(std::string_view("forgotten")));
    hash.assign(before);
    hash.update(as_bytes(std::string_view("instead")));
    EXPECT_EQ(hash.value(), ContentHash::of("kept instead"));
}

} // namespace aic

// SPDX-License-Identifier: Apache-2.0
#include "cache/seal.hpp"
#include "tests/support/expect_error.hpp"

#include <nlohmann/json.hpp>

namespace aic::cache {

TEST(SealTest, what_is_sealed_is_json_with_one_field_more) {
    for (const char* object : {R"({"a":1})", "{\n  \"a\": 1\n}\n"}) {
        const auto text = sealed(object);
        const auto value = nlohmann::json::parse(text);
        EXPECT_EQ(value.size(), 2U) << text;
        EXPECT_EQ(value.at("a"), 1) << text;
        EXPECT_TRUE(value.at("xxh128").is_string()) << text;
        EXPECT_NO_THROW(require_seal(text)) << text;
    }
}

TEST(SealTest, every_flipped_bit_is_found) {
    const auto whole = sealed("{\n  \"date\": \"2026-11-23\",\n  \"n\": 12\n}\n");
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        auto text = whole;
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
        EXPECT_ERROR(ErrorKind::integrity, require_seal(text)) << bit;
    }
}

TEST(SealTest, a_text_that_is_cut_or_longer_is_found) {
    const auto whole = sealed(R"({"a":1})");
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_ERROR(ErrorKind::integrity, require_seal(whole.substr(0, length))) << length;
    EXPECT_ERROR(ErrorKind::integrity, require_seal(whole + "\n"));
}

} // namespace aic::cache

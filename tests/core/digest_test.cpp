// SPDX-License-Identifier: Apache-2.0
#include "core/digest.hpp"
#include "tests/support/expect_error.hpp"

namespace aic {

constexpr const char* k_empty =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(DigestTest, a_digest_prints_as_it_was_read) {
    EXPECT_EQ(Digest::parse(k_empty).str(), k_empty);
    EXPECT_EQ(Digest::parse(k_empty).short_hex(), "e3b0c44298fc");
}

TEST(DigestTest, nothing_but_64_lower_case_hex_digits_is_a_digest) {
    const std::string good = k_empty;
    for (const auto& text : {std::string(), good.substr(7), good.substr(0, good.size() - 1),
                             good + "0", "sha512:" + good.substr(7), "sha256:E" + good.substr(8),
                             "sha256:/" + good.substr(8), " " + good})
        EXPECT_ERROR(ErrorKind::usage, Digest::parse(text)) << text;
}

TEST(DigestTest, hashing_in_pieces_is_hashing_the_whole) {
    Sha256Hasher hasher;
    hasher.update(as_bytes("hello, "));
    hasher.update({});
    hasher.update(as_bytes("world"));
    EXPECT_EQ(hasher.finish(), sha256_of("hello, world"));
    EXPECT_EQ(Digest(sha256_of("")).str(), k_empty);
}

} // namespace aic

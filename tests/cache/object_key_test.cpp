// SPDX-License-Identifier: Apache-2.0
#include "cache/object_key.hpp"
#include "cache/seal.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::cache {

const ImageId k_id(sha256_of("image"));

TEST(ObjectKeyTest, what_is_written_reads_back) {
    for (const auto& key :
         {ObjectKey::image(k_id, "zstd1-128k"), ObjectKey::pin(k_id, "lz4-1m"),
          ObjectKey::reference("docker.io%2Fx:1@linux-amd64.json"), ObjectKey::name("exp")})
        EXPECT_EQ(parse_object_key(to_json(key)), key) << key.text();
}

TEST(ObjectKeyTest, an_image_is_its_id_and_variant) {
    const auto [id, variant] = ObjectKey::image(k_id, "zstd1-128k").id_and_variant();
    EXPECT_EQ(id, k_id);
    EXPECT_EQ(variant, "zstd1-128k");
}

TEST(ObjectKeyTest, no_key_leads_out_of_its_directory) {
    using namespace std::string_literals;
    for (const auto& hostile : {""s, "."s, ".."s, "../x"s, "a/b"s, "/etc/passwd"s, ".hidden"s,
                                "a\0b"s, std::string(300, 'n')})
        EXPECT_FALSE(ObjectKey::try_make(ObjectKind::name, hostile)) << hostile;
    for (const auto& hostile : {k_id.hex() + "./../x", k_id.hex() + "..", k_id.hex() + ".",
                                k_id.hex(), std::string("zstd1-128k")}) {
        EXPECT_FALSE(ObjectKey::try_make(ObjectKind::image, hostile)) << hostile;
        EXPECT_FALSE(ObjectKey::try_make(ObjectKind::pin, hostile)) << hostile;
    }
    EXPECT_FALSE(ObjectKey::try_make(ObjectKind::reference, "no-suffix"));
}

TEST(ObjectKeyTest, what_is_no_key_is_refused) {
    for (const char* text :
         {"", "null", "[]", "{}", R"({"version":1})", R"({"version":2,"kind":"name","key":"x"})",
          R"({"version":1,"kind":"lease","key":"x"})", R"({"version":1,"kind":"name","key":3})",
          R"({"version":1,"kind":"name","key":"../x"})"})
        EXPECT_ERROR(ErrorKind::integrity, parse_object_key(sealed(text))) << text;
}

} // namespace aic::cache

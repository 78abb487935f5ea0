// SPDX-License-Identifier: Apache-2.0
#include "cache/layout.hpp"

#include <gmock/gmock.h>

namespace aic::cache {

const oci::Platform k_platform{"linux", "amd64", ""};
const ImageId k_id(sha256_of("image"));

std::string reference_name(std::string_view reference) {
    return Layout("/s", 7).reference(reference, k_platform).filename();
}

TEST(LayoutTest, everything_of_a_user_is_in_his_subtree) {
    const Layout layout("/s", 7);
    EXPECT_EQ(layout.subtree(), "/s/u/7");
    for (const auto& path : {layout.images(), layout.references(), layout.temporary(),
                             layout.variant(k_id, "zstd1-128k"), layout.reference("x", k_platform)})
        EXPECT_TRUE(path.native().starts_with("/s/u/7/")) << path;
}

TEST(LayoutTest, files_of_pins_and_uses_tell_whose_they_are) {
    const Layout layout("/s", 7);
    for (const auto& path : {layout.pin(k_id, "zstd1-128k"), layout.use(k_id, "zstd1-128k")})
        EXPECT_EQ(image_key_of(path.filename().native()), (ImageKey{k_id, "zstd1-128k"})) << path;
    for (const auto& name : {std::string(), std::string("x.y"), k_id.hex(), k_id.hex() + ".",
                             '.' + k_id.hex() + ".tmp"})
        EXPECT_FALSE(image_key_of(name)) << name;
}

TEST(LayoutTest, a_reference_is_one_file_name) {
    EXPECT_EQ(reference_name("docker.io/library/ubuntu:22.04"),
              "docker.io%2Flibrary%2Fubuntu:22.04@linux-amd64.json");
}

TEST(LayoutTest, references_that_differ_have_different_names) {
    EXPECT_NE(reference_name("a/b"), reference_name("a%2Fb"));
}

TEST(LayoutTest, a_long_reference_is_named_by_its_digest) {
    const auto name = reference_name(std::string(300, 'r'));
    EXPECT_TRUE(name.starts_with("sha256:"));
    EXPECT_LE(name.size(), 200U);
    EXPECT_NE(name, reference_name(std::string(301, 'r')));
}

TEST(LayoutTest, a_reference_never_leaves_its_directory) {
    for (const char* hostile : {"../x", "..", "/etc/passwd", "a/../../b"})
        EXPECT_EQ(reference_name(hostile).find('/'), std::string::npos) << hostile;
}

TEST(LayoutTest, an_image_is_named_after_its_base_and_id) {
    EXPECT_EQ(image_file_name("ubuntu", k_id), "ubuntu+" + k_id.short_hex() + ".sqsh");
}

TEST(LayoutTest, awkward_base_names_become_plain_ones) {
    for (const char* awkward : {"", ".", "..", "-rf", "a b", "a/b", "\xff\n'", "../../x"}) {
        const auto name = image_file_name(awkward, k_id);
        EXPECT_EQ(name.find_first_of("/ \n'\xff"), std::string::npos) << name;
        EXPECT_NE(name.front(), '.') << name;
        EXPECT_NE(name.front(), '-') << name;
    }
}

TEST(LayoutTest, a_long_base_name_is_cut) {
    EXPECT_LE(image_file_name(std::string(1000, 'n'), k_id).size(), 255U);
}

} // namespace aic::cache

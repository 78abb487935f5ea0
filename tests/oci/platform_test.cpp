// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::oci {

TEST(PlatformTest, spellings_come_to_one_form) {
    const std::pair<const char*, const char*> spellings[] = {{"linux/amd64", "linux/amd64"},
                                                             {"amd64", "linux/amd64"},
                                                             {"x86_64", "linux/amd64"},
                                                             {"aarch64", "linux/arm64"},
                                                             {"linux/arm64/v8", "linux/arm64"},
                                                             {"Linux/ARM64", "linux/arm64"},
                                                             {"linux/arm/v7", "linux/arm/v7"},
                                                             {"armhf", "linux/arm/v7"},
                                                             {"arm", "linux/arm/v7"},
                                                             {"linux/arm/v6", "linux/arm/v6"},
                                                             {"linux/amd64/v1", "linux/amd64"},
                                                             {"linux/amd64/v3", "linux/amd64/v3"},
                                                             {"i686", "linux/386"},
                                                             {"windows/amd64", "windows/amd64"}};
    for (const auto& [text, canonical] : spellings)
        EXPECT_EQ(Platform::parse(text).str(), canonical) << text;
}

TEST(PlatformTest, what_is_no_platform_is_refused) {
    for (const char* text : {"", "/", "linux/", "/amd64", "linux//v8", "linux/arm/v7/x",
                             "linux/a b", "linux/../x", "a\nb"})
        EXPECT_ERROR(ErrorKind::usage, Platform::parse(text)) << text;
}

TEST(PlatformTest, file_names_have_no_slash) {
    EXPECT_EQ(Platform::parse("linux/arm/v7").file_str(), "linux-arm-v7");
}

TEST(PlatformTest, a_document_cannot_smuggle_in_a_path) {
    EXPECT_ERROR(ErrorKind::integrity, Platform::from_fields("linux", "../x", ""));
}

TEST(PlatformTest, this_machine_has_one) {
    EXPECT_EQ(Platform::host().os, "linux");
    EXPECT_EQ(Platform::parse(Platform::host().str()), Platform::host());
}

} // namespace aic::oci

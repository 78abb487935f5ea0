// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.hpp"
#include "oci/media_type.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::oci {

static const std::string k_digest = "sha256:" + std::string(64, 'a');

static std::string descriptor(std::string_view type, std::string_view more = "") {
    return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":7{}}})", type, k_digest, more);
}

static const std::string k_config = descriptor("application/vnd.oci.image.config.v1+json");
static const std::string k_layer = descriptor("application/vnd.oci.image.layer.v1.tar+gzip");

static std::string manifest(std::string_view config, std::string_view layers,
                            std::string_view more = "") {
    return fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[{}]{}}})", config, layers,
                       more);
}

TEST(ManifestTest, a_manifest_is_read) {
    const auto document =
        parse_document(manifest(k_config, k_layer + "," + k_layer), k_oci_manifest);
    const auto& read = std::get<Manifest>(document);
    EXPECT_EQ(read.media_type, k_oci_manifest);
    EXPECT_EQ(read.config.size_bytes, 7U);
    ASSERT_EQ(read.layers.size(), 2U);
    EXPECT_EQ(read.layers[1].digest.str(), k_digest);
}

TEST(ManifestTest, the_shape_decides_when_nothing_else_does) {
    EXPECT_TRUE(std::holds_alternative<Manifest>(parse_document(manifest(k_config, ""), "")));
    EXPECT_TRUE(std::holds_alternative<Index>(parse_document(R"({"manifests":[]})", "")));
    EXPECT_TRUE(
        std::holds_alternative<Index>(parse_document(R"({"manifests":[]})", "application/json")));
}

TEST(ManifestTest, urls_of_foreign_layers_are_kept) {
    const auto foreign = descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                                    R"(,"urls":["https://a/b"])");
    const auto document = parse_document(manifest(k_config, foreign), "");
    EXPECT_EQ(std::get<Manifest>(document).layers[0].urls, std::vector<std::string>{"https://a/b"});
}

TEST(ManifestTest, what_is_wrong_is_said) {
    const auto type = [](std::string_view media_type) {
        return fmt::format(R"(,"mediaType":"{}")", media_type);
    };

    struct Mistake {
        std::string json, served_type;
        const char* said;
    };

    const Mistake mistakes[] = {
        {"<html>", "", "not JSON"},
        {"[]", "", "no JSON object"},
        {"3", "", "no JSON object"},
        {R"({"schemaVersion":1,"fsLayers":[]})", "", "schema 1"},
        {R"({"schemaVersion":3})", "", "'schemaVersion'"},
        {R"({"schemaVersion":"2"})", "", "'schemaVersion'"},
        {manifest(k_config, ""), "application/vnd.docker.distribution.manifest.v1+json",
         "schema 1"},
        {manifest(k_config, "", R"(,"manifests":[])"), "", "at once"},
        {manifest(k_config, "", type(k_oci_manifest)), std::string(k_docker_manifest), "served as"},
        {manifest(k_config, "", type(k_oci_index)), "", "'manifests'"},
        {manifest(k_config, "", type("application/vnd.oci.artifact.v1+json")), "", "neither"},
        {manifest("3", ""), "", "'config'"},
        {manifest(descriptor("application/vnd.oci.empty.v1+json"), ""), "", "an artifact"},
        {manifest(k_config, "3"), "", "layer 1"},
        {manifest(k_config, k_layer + "," + descriptor("application/vnd.in-toto+json")), "",
         "layer 2 is of type 'application/vnd.in-toto+json'"},
        {R"({"schemaVersion":2,"layers":[]})", "", "'config'"},
        {R"({"schemaVersion":2,"layers":[],"layers":[]})", "", "'layers' is there twice"},
        {manifest(R"({"mediaType":"x","digest":"sha256:AB","size":1})", ""), "", "'digest'"},
        {manifest(R"({"mediaType":"x","digest":"sha512:ab","size":1})", ""), "", "'digest'"},
    };
    for (const auto& mistake : mistakes)
        EXPECT_ERROR_SAYING(ErrorKind::integrity, mistake.said,
                            parse_document(mistake.json, mistake.served_type));
}

TEST(ManifestTest, sizes_are_whole_and_fit_a_file_offset) {
    for (const char* size : {"-1", "1.5", "1e3", "\"7\"", "9223372036854775808",
                             "18446744073709551616", "true", "[]", "null"})
        EXPECT_ERROR_SAYING(
            ErrorKind::integrity, "'size'",
            parse_document(manifest(fmt::format(R"({{"mediaType":"x","digest":"{}","size":{}}})",
                                                k_digest, size),
                                    ""),
                           ""));
}

static IndexEntry entry(std::string_view platform, std::string_view label,
                        std::string_view type = k_oci_manifest) {
    IndexEntry made;
    made.descriptor.media_type = type;
    if (!platform.empty())
        made.platform = Platform::parse(platform);
    made.reference_name = label;
    return made;
}

TEST(IndexTest, platforms_and_names_are_read) {
    const auto json = fmt::format(
        R"({{"schemaVersion":2,"manifests":[{},{}]}})",
        descriptor(k_oci_manifest,
                   R"(,"platform":{"os":"linux","architecture":"arm64","variant":"v8"})"),
        descriptor(k_oci_manifest, R"(,"annotations":{"org.opencontainers.image.ref.name":"12"})"));
    const auto document = parse_document(json, k_oci_index);
    const auto& index = std::get<Index>(document);
    ASSERT_EQ(index.entries.size(), 2U);
    EXPECT_EQ(index.entries[0].platform->str(), "linux/arm64");
    EXPECT_EQ(index.entries[1].platform, std::nullopt);
    EXPECT_EQ(index.entries[1].reference_name, "12");
}

TEST(IndexTest, the_nearest_variant_is_chosen) {
    struct Choice {
        std::vector<IndexEntry> entries;
        const char* wanted;
        const char* chosen; ///< "" for none
    };

    const Choice choices[] = {
        {{entry("amd64", "a"), entry("arm64", "b")}, "arm64", "b"},
        {{entry("linux/amd64/v3", "a"), entry("amd64", "b")}, "linux/amd64/v3", "a"},
        {{entry("linux/amd64/v3", "a"), entry("amd64", "b")}, "linux/amd64/v2", "b"},
        {{entry("linux/amd64/v3", "a")}, "amd64", "a"},
        {{entry("linux/arm/v5", "a"), entry("linux/arm/v6", "b")}, "linux/arm/v7", ""},
        {{entry("amd64", "a")}, "windows/amd64", ""},
        {{entry("", "a")}, "amd64", "a"},
        {{entry("", "a"), entry("", "b")}, "amd64", ""},
        {{entry("amd64", "a", "application/vnd.in-toto+json"), entry("amd64", "b")}, "amd64", "b"},
        {{entry("amd64", "a"), entry("amd64", "b")}, "amd64", "a"},
        {{}, "amd64", ""},
    };
    for (const auto& choice : choices) {
        const Index index{std::string(k_oci_index), choice.entries};
        const auto wanted = Platform::parse(choice.wanted);
        if (*choice.chosen == '\0')
            EXPECT_ERROR(ErrorKind::no_platform, choose(index, wanted));
        else
            EXPECT_EQ(choose(index, wanted).reference_name, choice.chosen);
    }
}

TEST(IndexTest, what_there_is_gets_listed_without_attestations) {
    const Index index{std::string(k_oci_index),
                      {entry("arm64", ""), entry("amd64", ""), entry("unknown/unknown", "")}};
    EXPECT_ERROR_SAYING(ErrorKind::no_platform,
                        "no image for linux/s390x; there are: linux/amd64, linux/arm64",
                        choose(index, Platform::parse("s390x")));
    EXPECT_ERROR(ErrorKind::no_platform, choose(index, Platform::parse("unknown/unknown")));
}

} // namespace aic::oci

// SPDX-License-Identifier: Apache-2.0
#include "oci/derived_documents.hpp"
#include "oci/image_config.hpp"
#include "oci/manifest.hpp"
#include "tests/support/expect_error.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace aic::oci {
namespace {

const AddedLayer k_layer{.diff_id = DiffId(sha256_of("layer")),
                         .tar_bytes = 1234,
                         .created_by = "aic-image build: setup.sh",
                         .comment = "3.0 s"};

Derivation derivation() {
    return {.layers = {k_layer}, .created = "2026-11-27T20:00:00Z"};
}

std::string base_config() {
    return nlohmann::json{
        {"architecture", "amd64"},
        {"os", "linux"},
        {"unheard-of", {{"kept", true}}},
        {"config",
         {{"Env", {"PATH=/bin", "A=1"}}, {"Cmd", {"bash"}}, {"Labels", {{"a", "1"}, {"b", "2"}}}}},
        {"rootfs", {{"type", "layers"}, {"diff_ids", {DiffId(sha256_of("below")).str()}}}},
        {"history", {{{"created_by", "debootstrap"}}}}}
        .dump();
}

TEST(DerivedConfigTest, the_bases_is_extended) {
    auto changes = derivation();
    changes.env = {"A=2", "B=3"};
    changes.working_dir = "/workspace";
    changes.labels = {{"b", "3"}};
    const auto text = derived_config(base_config(), changes);
    const auto config = parse_image_config(text);
    EXPECT_EQ(config.diff_ids,
              (std::vector<DiffId>{DiffId(sha256_of("below")), DiffId(sha256_of("layer"))}));
    EXPECT_EQ(config.env, (std::vector<std::string>{"PATH=/bin", "A=2", "B=3"}));
    EXPECT_EQ(config.cmd, std::vector<std::string>{"bash"});
    EXPECT_EQ(config.working_dir, "/workspace");
    EXPECT_EQ(config.labels, (std::map<std::string, std::string>{{"a", "1"}, {"b", "3"}}));
    const auto document = nlohmann::json::parse(text);
    EXPECT_TRUE(document["unheard-of"]["kept"]);
    EXPECT_EQ(document["history"].size(), 2U);
    EXPECT_EQ(document["history"][1]["created_by"], k_layer.created_by);
}

TEST(DerivedConfigTest, an_entrypoint_takes_the_command_away) {
    auto changes = derivation();
    changes.entrypoint = std::vector<std::string>{"/run.sh"};
    const auto config = parse_image_config(derived_config(base_config(), changes));
    EXPECT_EQ(config.entrypoint, std::vector<std::string>{"/run.sh"});
    EXPECT_TRUE(config.cmd.empty());
}

TEST(DerivedConfigTest, a_base_that_says_nothing_of_itself_will_do) {
    const auto config = parse_image_config(derived_config(
        R"({"architecture":"amd64","os":"linux","config":null,"rootfs":{"type":"layers","diff_ids":null}})",
        derivation()));
    EXPECT_EQ(config.diff_ids.size(), 1U);
}

TEST(DerivedConfigTest, what_is_no_config_is_refused) {
    for (const auto* text : {"", "[]", R"({"rootfs": 3})", R"({"config": {"Env": [1]}})"})
        EXPECT_ERROR(ErrorKind::integrity, derived_config(text, derivation()));
}

TEST(DerivedManifestTest, it_fits_the_config_and_is_of_the_bases_kind) {
    const auto config = derived_config(base_config(), derivation());
    for (const auto* kind : {"application/vnd.oci.image.manifest.v1+json",
                             "application/vnd.docker.distribution.manifest.v2+json"}) {
        const auto below = DiffId(sha256_of("below")).str();
        const nlohmann::json base = {
            {"schemaVersion", 2},
            {"mediaType", kind},
            {"config",
             {{"mediaType", "application/vnd.oci.image.config.v1+json"},
              {"digest", below},
              {"size", 2}}},
            {"layers",
             {{{"mediaType", "application/vnd.oci.image.layer.v1.tar+gzip"},
               {"digest", below},
               {"size", 3}}}}};
        const auto document =
            parse_document(derived_manifest(base.dump(), config, derivation()), "");
        const auto& manifest = std::get<Manifest>(document);
        EXPECT_EQ(manifest.config.digest, Digest(sha256_of(config)));
        ASSERT_EQ(manifest.layers.size(), 2U);
        EXPECT_EQ(manifest.layers[1].digest.str(), k_layer.diff_id.str());
        EXPECT_EQ(manifest.layers[1].size_bytes, 1234U);
        EXPECT_EQ(manifest.layers[1].media_type.find("docker") != std::string::npos,
                  std::string_view(kind).find("docker") != std::string_view::npos);
    }
}

TEST(LoneLayerTest, config_and_manifest_fit_each_other) {
    const auto text = lone_layer_config({.os = "linux", .architecture = "arm", .variant = "v7"},
                                        k_layer, "2026-11-27T20:00:00Z");
    const auto config = parse_image_config(text);
    EXPECT_EQ(config.platform.variant, "v7");
    EXPECT_EQ(config.diff_ids, std::vector<DiffId>{k_layer.diff_id});
    const auto document = parse_document(lone_layer_manifest(text, k_layer), "");
    EXPECT_EQ(std::get<Manifest>(document).layers.size(), 1U);
}

TEST(VariablesTest, what_is_said_later_counts) {
    EXPECT_EQ(with_variables({"A=1", "AB=2"}, {"A=3", "C=4", "C=5"}),
              (std::vector<std::string>{"A=3", "AB=2", "C=5"}));
}

} // namespace
} // namespace aic::oci

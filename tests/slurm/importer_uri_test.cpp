// SPDX-License-Identifier: Apache-2.0
#include "slurm/importer_uri.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::slurm {

NamedImage named(std::string_view uri) {
    return std::get<NamedImage>(parse_importer_uri(uri));
}

std::string reference(std::string_view uri) {
    return std::get<oci::Reference>(parse_importer_uri(uri)).str();
}

TEST(ImporterUriTest, aic_names_an_image_of_the_store) {
    EXPECT_EQ(named("docker://aic:exp").name, "exp");
    EXPECT_FALSE(named("docker://aic:exp").id_prefix);
    EXPECT_EQ(named("aic:alice/exp").name, "alice/exp");
    EXPECT_EQ(named("docker://aic:alice/exp@0123abcd").name, "alice/exp");
    EXPECT_EQ(named("docker://aic:alice/exp@0123abcd").id_prefix, "0123abcd");
    EXPECT_EQ(named("docker://aic:exp@sha256:0123").id_prefix, "0123");
}

TEST(ImporterUriTest, what_we_ask_for_is_understood) {
    const auto id = ImageId::parse("sha256:" + std::string(64, 'a'));
    const auto uri = uri_of("alice", "exp", id);
    EXPECT_EQ(uri, "docker://aic:alice/exp@aaaaaaaaaaaa");
    EXPECT_EQ(named(uri).name, "alice/exp");
    EXPECT_EQ(named(uri).id_prefix, "aaaaaaaaaaaa");
}

TEST(ImporterUriTest, everything_else_is_a_reference) {
    EXPECT_EQ(reference("docker://ubuntu:22.04"), "docker.io/library/ubuntu:22.04");
    EXPECT_EQ(reference("docker://nvcr.io#nvidia/pytorch:24.05-py3"),
              "nvcr.io/nvidia/pytorch:24.05-py3");
    EXPECT_EQ(reference("docker://aic"), "docker.io/library/aic:latest");
}

TEST(ImporterUriTest, what_cannot_be_meant_is_refused) {
    for (const auto* uri : {"docker://aic:", "docker://aic:@01", "docker://aic:x@",
                            "docker://aic:x@xyz", "docker://", ""})
        EXPECT_ERROR(ErrorKind::usage, parse_importer_uri(uri)) << uri;
    for (const auto* uri :
         {"dockerd://x", "podman://x", "docker://dockerd://x", "docker://podman://x"})
        EXPECT_ERROR_SAYING(ErrorKind::usage, "an engine's", parse_importer_uri(uri)) << uri;
    for (const auto* uri :
         {"docker:///data/x.sqsh", "docker://./x", "docker://~/x", "docker://x.sqsh"})
        EXPECT_ERROR_SAYING(ErrorKind::usage, "looks like a file", parse_importer_uri(uri)) << uri;
}

} // namespace aic::slurm

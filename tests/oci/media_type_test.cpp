// SPDX-License-Identifier: Apache-2.0
#include "oci/media_type.hpp"

#include <gtest/gtest.h>

namespace aic::oci {

TEST(MediaTypeTest, parameters_do_not_matter) {
    EXPECT_EQ(kind_of("application/vnd.oci.image.index.v1+json; charset=utf-8"),
              DocumentKind::index);
    EXPECT_EQ(without_parameters(" a/b ;c=d"), "a/b");
    EXPECT_EQ(without_parameters(""), "");
}

TEST(MediaTypeTest, each_document_has_its_kind) {
    EXPECT_EQ(kind_of(k_docker_index), DocumentKind::index);
    EXPECT_EQ(kind_of(k_docker_manifest), DocumentKind::manifest);
    EXPECT_EQ(kind_of(k_oci_manifest), DocumentKind::manifest);
    EXPECT_EQ(kind_of("application/vnd.docker.distribution.manifest.v1+prettyjws"),
              DocumentKind::schema1);
    EXPECT_EQ(kind_of("application/json"), DocumentKind::unknown);
}

TEST(MediaTypeTest, foreign_layers_are_tar_layers_too) {
    for (const char* type : {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                             "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"}) {
        EXPECT_TRUE(is_foreign_layer(type)) << type;
        EXPECT_TRUE(is_tar_layer(type)) << type;
    }
    EXPECT_FALSE(is_foreign_layer("application/vnd.oci.image.layer.v1.tar+gzip"));
    EXPECT_TRUE(is_tar_layer("application/vnd.docker.image.rootfs.diff.tar.gzip"));
    EXPECT_FALSE(is_tar_layer("application/vnd.in-toto+json"));
}

} // namespace aic::oci

// SPDX-License-Identifier: Apache-2.0
#include "slurm/nodes.hpp"

#include <gmock/gmock.h>

namespace aic::slurm {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NodesTest, each_line_is_a_node) {
    EXPECT_THAT(
        parse_nodes("NodeName=n1 Arch=x86_64 CoresPerSocket=1 OS=Linux 6.1 Partitions=all,gpu "
                    "BootTime=2026-11-30T07:00:00\n"
                    "NodeName=n2 CoresPerSocket=1 Partitions=all\n"
                    "\nnonsense = = x\n"),
        ElementsAre(Node{"n1", "x86_64", {"all", "gpu"}}, Node{"n2", "", {"all"}}));
    EXPECT_THAT(parse_nodes("No nodes in the system"), IsEmpty());
}

TEST(NodesTest, architectures_have_two_names) {
    EXPECT_EQ(oci_architecture("x86_64"), "amd64");
    EXPECT_EQ(oci_architecture("aarch64"), "arm64");
    EXPECT_EQ(oci_architecture("ppc64le"), "ppc64le");
}

} // namespace aic::slurm

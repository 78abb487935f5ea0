// SPDX-License-Identifier: Apache-2.0
#include "builder/build/profile_files.hpp"

#include <gtest/gtest.h>

namespace aic::build {

TEST(WithLinesTest, variables_are_added_and_take_the_place_of_earlier_ones) {
    EXPECT_EQ(with_lines("", {}), "");
    EXPECT_EQ(with_lines("# site\nA=1\nB=2", {"A=3", "C="}), "# site\nB=2\nA=3\nC=\n");
}

TEST(WithProvenanceTest, only_the_first_line_is_another) {
    EXPECT_EQ(with_provenance("# enroot-provenance: docker://x\nexec\n", "aic:1"),
              "# enroot-provenance: aic:1\nexec\n");
    EXPECT_EQ(with_provenance("exec\n# enroot-provenance: x\n", "aic:1"),
              "# enroot-provenance: aic:1\nexec\n# enroot-provenance: x\n");
}

} // namespace aic::build

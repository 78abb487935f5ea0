// SPDX-License-Identifier: Apache-2.0
#include "builder/build/recipe.hpp"

#include <gmock/gmock.h>

namespace aic::build {

using ::testing::HasSubstr;

TEST(RecipeTest, packages_mean_nothing_to_the_shell) {
    EXPECT_THAT(pip_step("'a b' numpy<2").script, HasSubstr("pip install 'a b' 'numpy<2'\n"));
    EXPECT_THAT(apt_step("tree; reboot").script, HasSubstr(" 'tree;' "));
    EXPECT_THAT(pip_step("tinyx>=0.5").script, HasSubstr("'tinyx>=0.5'"));
}

TEST(RecipeTest, packages_may_be_put_beside_the_distributions) {
    EXPECT_THAT(pip_step("x").script, HasSubstr("PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip"));
}

TEST(RecipeTest, indexes_of_packages_are_left_behind) {
    EXPECT_THAT(apt_step("x").script, HasSubstr("/var/cache/apt/*.bin"));
}

} // namespace aic::build

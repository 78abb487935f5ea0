// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/user_namespace.hpp"
#include "core/file_system.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace aic::builder {

TEST(UserNamespaceTest, what_a_sandbox_needs_works_on_a_local_disk) {
    const testing::TempDir dir;
    const auto obstacle = find_sandbox_obstacle(dir.path());
    if (obstacle && obstacle->step != SandboxStep::overlay)
        GTEST_SKIP() << "no user namespaces here: step " << static_cast<int>(obstacle->step)
                     << ", error " << obstacle->error_number;
    if (obstacle && mount_of(dir.path())->type == "overlay")
        GTEST_SKIP() << "the temporary directory is on an overlay";
    EXPECT_FALSE(obstacle) << obstacle->error_number;
}

TEST(UserNamespaceTest, a_scratch_directory_in_which_nothing_can_be_made_is_an_error) {
    EXPECT_ANY_THROW(find_sandbox_obstacle("/proc/self"));
}

} // namespace aic::builder

// SPDX-License-Identifier: Apache-2.0
#include "registry/secret.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>

namespace aic::registry {

TEST(SecretTest, what_was_moved_from_is_empty) {
    for (const std::string& text : {std::string("short"), std::string(100, 'x')}) {
        Secret first(text);
        const Secret second(std::move(first));
        EXPECT_TRUE(first.empty()); // NOLINT(bugprone-use-after-move): that is the question
        EXPECT_EQ(second.reveal(), text);
    }
}

TEST(SecretTest, wiping_leaves_nothing_behind) {
    std::string text = "hunter2, hunter2, hunter2, hunter2";
    const char* bytes = text.data();
    const auto length = text.size();
    wipe(text);
    EXPECT_TRUE(text.empty());
    EXPECT_EQ(std::string(bytes, length), std::string(length, '\0'));
}

TEST(SecretTest, a_process_that_has_held_one_leaves_no_core_dump) {
    const Secret secret("hunter2");
    EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 0);
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "cache/store_probe.hpp"
#include "core/files.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace aic::cache {

TEST(StoreProbeTest, what_a_local_file_system_does_is_seen) {
    const testing::TempDir dir;
    const Layout layout(dir.path(), ::geteuid());
    make_directories(layout.temporary(), 0700);
    const auto probe = probe_store(layout);
    ASSERT_TRUE(probe);
    EXPECT_EQ(probe->seen_owner, ::geteuid());
    EXPECT_EQ(probe->clock_ahead.count(), 0);
    EXPECT_TRUE(probe->locks_exclude);
    EXPECT_TRUE(probe->links);
    EXPECT_TRUE(entries_of(layout.temporary()).empty());
}

TEST(StoreProbeTest, who_has_nothing_yet_tries_where_he_would) {
    const testing::TempDir dir;
    const Layout layout(dir.path(), ::geteuid());
    EXPECT_FALSE(probe_store(layout));
    make_directories(layout.users(), 0700);
    EXPECT_TRUE(probe_store(layout));
    EXPECT_TRUE(entries_of(layout.users()).empty());
}

} // namespace aic::cache

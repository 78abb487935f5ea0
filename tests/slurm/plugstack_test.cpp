// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "slurm/plugstack.hpp"
#include "tests/support/temp_dir.hpp"

#include <gmock/gmock.h>

namespace aic::slurm {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PlugstackTest, plugins_have_arguments_and_lines) {
    const auto stack =
        parse_plugstack("# comment\n"
                        "\n"
                        "required /usr/lib/slurm/spank_pyxis.so importer=/a use_squashfuse=1 # x\n"
                        "optional auks.so\n"
                        "include plugstack.conf.d/*.conf\n"
                        "wanted other.so\nrequired\n",
                        "/etc/slurm/plugstack.conf");
    ASSERT_EQ(stack.plugins.size(), 2U);
    EXPECT_EQ(stack.plugins[0].library, "/usr/lib/slurm/spank_pyxis.so");
    EXPECT_THAT(stack.plugins[0].arguments, ElementsAre("importer=/a", "use_squashfuse=1"));
    EXPECT_EQ(stack.plugins[0].line, 3U);
    EXPECT_EQ(stack.plugins[0].argument("importer"), "/a");
    EXPECT_EQ(stack.plugins[0].argument("use"), std::nullopt);
    EXPECT_EQ(stack.plugins[1].library, "auks.so");
    EXPECT_THAT(stack.plugins[1].arguments, IsEmpty());
    EXPECT_THAT(stack.includes, ElementsAre("plugstack.conf.d/*.conf"));
    EXPECT_EQ(find_pyxis(stack.plugins)->argument("use_squashfuse"), "1");
}

TEST(PlugstackTest, included_files_are_read_and_circles_end) {
    const testing::TempDir dir;
    EXPECT_EQ(load_plugstack(dir / "plugstack.conf"), std::nullopt);
    make_directories(dir / "d", 0755);
    write_file(dir / "plugstack.conf", "include d/*.conf\ninclude /no/such/*.conf\n");
    write_file(dir / "d/a.conf", "include ../plugstack.conf\noptional a.so\n");
    write_file(dir / "d/b.conf", "required spank_pyxis.so runtime_path=/run/pyxis\n");
    write_file(dir / "d/c.txt", "required c.so\n");
    const auto plugins = load_plugstack(dir / "plugstack.conf");
    ASSERT_TRUE(plugins);
    ASSERT_EQ(plugins->size(), 2U);
    EXPECT_EQ((*plugins)[0].library, "a.so");
    EXPECT_EQ(find_pyxis(*plugins)->file, dir / "d/b.conf");
    EXPECT_FALSE(find_pyxis({(*plugins)[0]}));
}

} // namespace aic::slurm

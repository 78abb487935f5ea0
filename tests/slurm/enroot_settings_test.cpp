// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "slurm/enroot_settings.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

namespace aic::slurm {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(EnrootSettingsTest, a_setting_is_a_name_and_the_rest_of_its_line) {
    EXPECT_THAT(
        parse_enroot_settings("#ENROOT_DATA_PATH /none\n"
                              "ENROOT_RUNTIME_PATH   /run/enroot/user-$(id -u)  \n"
                              "ENROOT_REMAP_ROOT = \nENROOT_REMAP_ROOT=n\nENROOT_REMAP_ROOT y\n"
                              "ENROOT_EMPTY\nother x\n"),
        UnorderedElementsAre(Pair("ENROOT_RUNTIME_PATH", "/run/enroot/user-$(id -u)"),
                             Pair("ENROOT_REMAP_ROOT", "n")));
}

TEST(EnrootSettingsTest, further_files_say_what_the_first_does_not) {
    const testing::TempDir dir;
    EXPECT_TRUE(load_enroot_settings(dir.path()).empty());
    make_directories(dir / "enroot.conf.d", 0755);
    write_file(dir / "enroot.conf", "ENROOT_A 1\nENROOT_B 1\n");
    write_file(dir / "enroot.conf.d/z.conf", "ENROOT_B 2\nENROOT_C 2\n");
    write_file(dir / "enroot.conf.d/z.txt", "ENROOT_A 3\n");
    EXPECT_THAT(
        load_enroot_settings(dir.path()),
        UnorderedElementsAre(Pair("ENROOT_A", "1"), Pair("ENROOT_B", "1"), Pair("ENROOT_C", "2")));
}

TEST(EnrootSettingsTest, the_directory_can_be_named) {
    EXPECT_EQ(enroot_settings_directory(testing::fake_environment({})), "/etc/enroot");
    EXPECT_EQ(
        enroot_settings_directory(testing::fake_environment({{"ENROOT_SYSCONF_PATH", "/opt/etc"}})),
        "/opt/etc");
}

TEST(ExpandSettingTest, the_user_and_his_variables_are_put_in) {
    const auto uid = std::to_string(::geteuid());
    EXPECT_EQ(expand_setting("\"/b c\"", testing::fake_environment({{"X", "/x"}})), "/b c");
    EXPECT_EQ(expand_setting("/tmp/user-$(id -u)/$X", testing::fake_environment({{"X", "/x"}})),
              "/tmp/user-" + uid + "//x");
    EXPECT_EQ(expand_setting("${X}y/${UID}$UID/$UID", testing::fake_environment({{"X", "/x"}})),
              "/xy/" + uid + uid + "/" + uid);
}

TEST(ExpandSettingTest, what_takes_a_shell_is_not_guessed) {
    for (const char* value :
         {"$(date)", "${X:-/y}", "${", "$", "$NONE/a", "`id`", "a\\b", "${X", "$(id -u"})
        EXPECT_EQ(expand_setting(value, testing::fake_environment({{"X", "/x"}})), std::nullopt)
            << value;
}

} // namespace aic::slurm

// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/merge.hpp"
#include "builder/profile.hpp"
#include "core/files.hpp"
#include "tests/support/image_listing.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layer_stack.hpp"
#include "tests/support/temp_dir.hpp"

#include <gmock/gmock.h>

namespace fs = std::filesystem;

namespace aic::builder {

using ::testing::HasSubstr;
using testing::LayerBuilder;
using ::testing::Not;

const std::vector<std::string> k_hostile_words = {"plain",
                                                  "two words",
                                                  "it's",
                                                  "\"quoted\"",
                                                  "$(touch owned)",
                                                  "`touch owned`",
                                                  "new\nline",
                                                  "back\\slash",
                                                  "$HOME",
                                                  "*",
                                                  "-n",
                                                  "",
                                                  "; touch owned",
                                                  "\xff\xfe"};

/// One of the generated files.
std::string text_of(const oci::ImageConfig& config, std::string_view path) {
    for (const auto& file : enroot_files(config, "docker.io/library/x:1"))
        if (file.path == path)
            return file.text;
    return "";
}

/// Runs /etc/rc with a real shell in its own directory; what it executes prints its arguments, one
/// in brackets each, after its working directory.
std::string run_rc(const oci::ImageConfig& config, const std::string& arguments = "") {
    const testing::TempDir directory;
    auto script = text_of(config, "etc/rc");
    for (std::size_t at; (at = script.find("/etc/rc.local")) != std::string::npos;)
        script.replace(at, 13, "/nonexistent.");
    write_file(directory / "rc", script);
    const auto command =
        fmt::format("cd '{0}' && sh ./rc {1} > '{0}/out'", directory.path().native(), arguments);
    EXPECT_EQ(std::system(command.c_str()), 0); // NOLINT
    EXPECT_FALSE(fs::exists(directory / "owned"));
    return read_file_if_exists(directory / "out", 1 << 20).value();
}

TEST(RcTest, arguments_survive_the_shell) {
    oci::ImageConfig config;
    config.entrypoint = {"printf", "[%s]"};
    config.cmd = k_hostile_words;
    std::string expected;
    for (const auto& word : k_hostile_words)
        expected += "[" + word + "]";
    EXPECT_EQ(run_rc(config), expected);
}

TEST(RcTest, the_callers_arguments_replace_the_command) {
    oci::ImageConfig config;
    config.entrypoint = {"printf", "[%s]"};
    config.cmd = {"default"};
    EXPECT_EQ(run_rc(config, "'a b' c"), "[a b][c]");
}

TEST(RcTest, without_an_entrypoint_the_callers_arguments_are_the_command) {
    EXPECT_EQ(run_rc({}, "printf '[%s]' x"), "[x]");
}

TEST(RcTest, any_working_directory_is_entered) {
    const testing::TempDir directory;
    for (const auto& word : k_hostile_words) {
        oci::ImageConfig config;
        config.working_dir = directory.path().native() + "/" + word;
        config.entrypoint = {"pwd"};
        fs::create_directories(config.working_dir);
        auto expected = fs::path(config.working_dir).lexically_normal().native();
        if (word.empty())
            expected.pop_back();
        EXPECT_EQ(run_rc(config), expected + "\n");
    }
}

TEST(RcTest, labels_and_provenance_stay_comments) {
    oci::ImageConfig config;
    config.labels = {{"a\ntouch owned", "b\ntouch owned\r"}, {"$(touch owned)", "x"}};
    config.cmd = {"true"};
    EXPECT_EQ(run_rc(config), "");
    for (const auto& file : enroot_files(config, "x\ntouch owned"))
        EXPECT_THAT(file.text, Not(HasSubstr("\ntouch owned"))) << file.path;
}

TEST(EnvironmentTest, variables_stand_one_to_a_line) {
    oci::ImageConfig config;
    config.env = {"PATH=/bin:/usr/bin", "A=b c=d", "EMPTY="};
    EXPECT_EQ(text_of(config, "etc/environment"), "PATH=/bin:/usr/bin\nA=b c=d\nEMPTY=\n");
}

TEST(EnvironmentTest, what_could_become_another_variable_is_left_out) {
    oci::ImageConfig config;
    config.env = {"A=1\nLD_PRELOAD=x",        "=x",  "NONE", "A B=1", "$(x)=1", "ENROOT_ROOTFS=/",
                  std::string("B=1\0C=2", 7), "OK=1"};
    EXPECT_EQ(text_of(config, "etc/environment"), "OK=1\n");
}

TEST(FstabTest, volumes_are_bound) {
    oci::ImageConfig config;
    config.volumes = {"/data"};
    EXPECT_THAT(text_of(config, "etc/fstab"), HasSubstr("${ENROOT_ROOTFS}/data /data none"));
}

TEST(FstabTest, volumes_at_odd_paths_are_left_out) {
    oci::ImageConfig config;
    config.volumes = {"", "relative", "/a b", "/a\nb", "/$(x)", "/`x`", "/a#b", "/a'b", "/a\"b"};
    EXPECT_EQ(text_of(config, "etc/fstab"), "");
}

class ProfileTest : public ::testing::Test {
protected:
    layers::Tree tree_of(const LayerBuilder& layer, Profile profile = Profile::enroot) {
        stack.add(layer.tar());
        auto tree = stack.merged();
        apply_profile(tree, profile);
        return tree;
    }

    testing::LayerStack stack;
};

TEST_F(ProfileTest, everything_becomes_readable) {
    const auto tree = tree_of(LayerBuilder()
                                  .directory("d", {.mode = 0})
                                  .file("d/f", "", {.mode = 0})
                                  .file("d/x", "", {.mode = 0011})
                                  .file("d/s", "", {.mode = 04711}));
    EXPECT_EQ(stack.listing(tree), "dir d 0700\nfile d/f 0400 \"\"\nfile d/s 4711 \"\"\n"
                                   "file d/x 0511 \"\"\n");
}

TEST_F(ProfileTest, owners_become_root) {
    const auto tree = tree_of(LayerBuilder().file("f", "", {.uid = 5, .gid = 6}));
    const auto& inode = tree.inode(layers::look_up(tree, "f").value());
    EXPECT_EQ(inode.uid, 0U);
    EXPECT_EQ(inode.gid, 0U);
}

TEST_F(ProfileTest, keep_ids_keeps_owners) {
    const auto tree = tree_of(LayerBuilder().file("f", "", {.uid = 5}), Profile::keep_ids);
    EXPECT_EQ(tree.inode(layers::look_up(tree, "f").value()).uid, 5U);
}

TEST_F(ProfileTest, devices_and_what_is_under_dev_go) {
    const auto tree = tree_of(LayerBuilder()
                                  .char_device("null", 1, 3)
                                  .file("dev/x", "")
                                  .directory("dev/d")
                                  .file("d/dev/y", ""));
    EXPECT_EQ(stack.listing(tree), "dir d 0755\ndir d/dev 0755\nfile d/dev/y \"\"\ndir dev 0755\n");
}

TEST_F(ProfileTest, only_the_users_own_attributes_stay) {
    const auto tree = tree_of(LayerBuilder().file("f", "",
                                                  {.xattrs = {{"user.a", "1"},
                                                              {"user.overlay.opaque", "y"},
                                                              {"user.fuseoverlayfs.x", "y"},
                                                              {"security.capability", "y"},
                                                              {"trusted.x", "y"}}}));
    EXPECT_THAT(tree.xattrs(tree.inode(layers::look_up(tree, "f").value()).xattrs),
                ::testing::ElementsAre(layers::Xattr{"user.a", "1"}));
}

} // namespace aic::builder

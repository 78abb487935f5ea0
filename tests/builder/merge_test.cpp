// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/merge.hpp"
#include "core/log.hpp"
#include "tests/builder/layer_cases.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layer_stack.hpp"

namespace aic::layers {

using testing::LayerBuilder;
using testing::LayerCase;
using testing::LayerStack;

class LayerRules : public ::testing::TestWithParam<LayerCase> {};

TEST_P(LayerRules, hold_when_layers_are_merged) {
    LayerStack stack;
    for (const auto& tar : testing::tars_of(GetParam().layers))
        if (GetParam().refusal.empty())
            stack.add(tar);
        else if (!testing::is_error(testing::error_thrown_by([&] { stack.add(tar); }),
                                    ErrorKind::integrity, GetParam().refusal))
            continue;
        else
            return; // refused as early as when it was read
    if (!GetParam().refusal.empty()) {
        EXPECT_ERROR_SAYING(ErrorKind::integrity, GetParam().refusal, stack.merged());
        return;
    }
    EXPECT_EQ(stack.listing(stack.merged()), testing::expected_listing(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Table, LayerRules, ::testing::ValuesIn(testing::layer_cases()),
                         [](const auto& parameter) {
                             return testing::identifier_of(parameter.param);
                         });

/// The inode at a path of the merged layers.
Inode inode_at(const LayerStack& stack, std::string_view path) {
    const auto tree = stack.merged();
    return tree.inode(look_up(tree, path).value());
}

TEST(MergeTest, a_directory_without_an_entry_keeps_its_time_and_owner) {
    LayerStack stack;
    stack.add(LayerBuilder().directory("d", {.uid = 7, .gid = 8, .mtime = 1000}).tar());
    stack.add(LayerBuilder().file("d/x", "1", {.mtime = 2000}).tar());
    const auto directory = inode_at(stack, "d");
    EXPECT_EQ(directory.mtime_seconds, 1000);
    EXPECT_EQ(directory.uid, 7U);
    EXPECT_EQ(directory.gid, 8U);
}

TEST(MergeTest, an_opaque_directory_without_an_entry_keeps_its_time_and_owner) {
    LayerStack stack;
    stack.add(LayerBuilder().directory("d", {.uid = 7, .mtime = 1000}).tar());
    stack.add(LayerBuilder().opaque("d").file("d/x", "1", {.mtime = 2000}).tar());
    EXPECT_EQ(inode_at(stack, "d").mtime_seconds, 1000);
    EXPECT_EQ(inode_at(stack, "d").uid, 7U);
}

TEST(MergeTest, a_directory_over_a_directory_takes_the_new_metadata) {
    LayerStack stack;
    stack.add(LayerBuilder().directory("d", {.mtime = 1000, .xattrs = {{"user.a", "1"}}}).tar());
    stack.add(LayerBuilder().directory("d", {.mode = 0711, .uid = 9, .mtime = -5}).tar());
    const auto directory = inode_at(stack, "d");
    EXPECT_EQ(directory.mode, 0711);
    EXPECT_EQ(directory.uid, 9U);
    EXPECT_EQ(directory.mtime_seconds, -5);
    EXPECT_EQ(directory.xattrs, 0U);
}

TEST(MergeTest, a_missing_parent_belongs_to_root) {
    LayerStack stack;
    stack.add(LayerBuilder().file("d/x", "1", {.mode = 0600, .uid = 7, .gid = 7}).tar());
    EXPECT_EQ(inode_at(stack, "d").uid, 0U);
    EXPECT_EQ(inode_at(stack, "d").mode, 0755);
}

TEST(MergeTest, the_root_takes_the_metadata_of_its_entry) {
    LayerStack stack;
    stack.add(LayerBuilder().directory("./", {.mode = 0711, .uid = 3, .mtime = 42}).tar());
    stack.add(LayerBuilder().file("x", "1").tar());
    EXPECT_EQ(inode_at(stack, "").mode, 0711);
    EXPECT_EQ(inode_at(stack, "").uid, 3U);
    EXPECT_EQ(inode_at(stack, "").mtime_seconds, 42);
}

TEST(MergeTest, attributes_and_devices_arrive) {
    LayerStack stack;
    stack.add(LayerBuilder()
                  .file("x", "1", {.xattrs = {{"user.b", "2"}, {"security.capability", "3"}}})
                  .char_device("null", 1, 3)
                  .tar());
    const auto tree = stack.merged();
    EXPECT_THAT(tree.xattrs(tree.inode(look_up(tree, "x").value()).xattrs),
                ::testing::ElementsAre(Xattr{"security.capability", "3"}, Xattr{"user.b", "2"}));
    EXPECT_EQ(inode_at(stack, "null").type, EntryType::char_device);
    EXPECT_EQ(inode_at(stack, "null").device_minor, 3U);
}

TEST(MergeTest, a_hardlink_takes_no_metadata_from_its_own_entry) {
    LayerStack stack;
    stack.add(LayerBuilder().file("a", "1", {.mode = 0600, .uid = 5}).tar());
    stack.add(LayerBuilder().hardlink("b", "a", {.mode = 0777, .uid = 6}).tar());
    EXPECT_EQ(inode_at(stack, "b").mode, 0600);
    EXPECT_EQ(inode_at(stack, "b").uid, 5U);
}

TEST(MergeTest, duplicates_are_warned_of_once_a_layer) {
    std::vector<std::string> messages;
    set_log_handler([&](LogLevel, const std::string& text) { messages.push_back(text); });
    LayerStack stack;
    stack.add(LayerBuilder().file("a", "1").file("a", "2").file("b", "1").file("b", "2").tar());
    stack.merged();
    set_log_handler({});
    EXPECT_THAT(messages, ::testing::ElementsAre(::testing::HasSubstr("2 paths more than once")));
}

TEST(MergeTest, layers_of_100000_names_and_40_levels_are_ordinary) {
    LayerBuilder wide;
    for (int i = 0; i < 100'000; ++i)
        wide.file(fmt::format("d/{}", i), "");
    std::string deep = "x";
    for (int i = 0; i < 40; ++i)
        deep = fmt::format("{}/{}", i, deep);
    LayerStack stack;
    stack.add(wide.tar());
    stack.add(LayerBuilder().file(deep, "deep").whiteout("d/77777").tar());
    const auto tree = stack.merged();
    EXPECT_EQ(tree.sorted_children(look_up(tree, "d").value()).size(), 99'999U);
    EXPECT_EQ(stack.content(tree.inode(look_up(tree, deep).value())), "deep");
}

TEST(MergeTest, a_hundred_and_twenty_seven_layers_are_ordinary) {
    LayerStack stack;
    for (int i = 0; i < 127; ++i)
        stack.add(LayerBuilder().file("last", std::to_string(i)).tar());
    EXPECT_EQ(stack.listing(stack.merged()), "file last \"126\"\n");
}

} // namespace aic::layers

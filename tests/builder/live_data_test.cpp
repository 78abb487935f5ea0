// SPDX-License-Identifier: Apache-2.0
#include "builder/live_data.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layer_stack.hpp"

#include <gtest/gtest.h>

namespace aic::builder {

using testing::LayerBuilder;

namespace {

/// What lives of a stack of layers, of which the last stands for the profile's own files.
std::vector<LiveSegment> live_of(const std::vector<std::string>& tars) {
    testing::LayerStack stack;
    LayerPlan plan;
    std::vector<std::shared_ptr<const layers::LayerIndex>> segments;
    for (const auto& tar : tars)
        segments.push_back(std::make_shared<const layers::LayerIndex>(stack.add(tar)));
    for (std::size_t i = 0; i + 1 < tars.size(); ++i) {
        plan.unique.emplace_back();
        plan.order.push_back(i);
    }
    return live_data(stack.merged(), plan, segments);
}

std::string blocks(std::size_t count, char fill) {
    return std::string(count * testing::LayerStack::k_block_bytes, fill);
}

} // namespace

TEST(LiveDataTest, everything_of_a_single_layer_lives) {
    const auto live = live_of({LayerBuilder().file("a", blocks(2, 'a')).file("b", "b").tar(), ""});
    EXPECT_EQ(live[0].dead_bytes, 0U);
    EXPECT_EQ(live[0].live_bytes, blocks(2, 'a').size() + 1);
    EXPECT_EQ(live[0].extents.size(), 1U);
}

TEST(LiveDataTest, what_an_upper_layer_replaces_or_removes_is_dead) {
    const auto live = live_of({LayerBuilder()
                                   .file("a", blocks(1, 'a'))
                                   .file("b", blocks(2, 'b'))
                                   .file("c", blocks(3, 'c'))
                                   .tar(),
                               LayerBuilder().file("a", "new").whiteout("c").tar(), ""});
    EXPECT_EQ(live[0].extents, (std::vector<Extent>{{4096, 8192}}));
    EXPECT_EQ(live[0].dead_bytes, 4U * 4096);
    EXPECT_EQ(live[1].dead_bytes, 0U);
}

TEST(LiveDataTest, a_fragment_block_lives_while_any_file_in_it_does) {
    const auto live = live_of({LayerBuilder().file("a", "aaa").file("b", "bbb").tar(),
                               LayerBuilder().whiteout("a").tar(), ""});
    EXPECT_EQ(live[0].dead_bytes, 0U);
    EXPECT_EQ(live[0].contents, (std::vector<bool>{false, true}));
}

TEST(LiveDataTest, a_hardlink_from_above_keeps_what_is_removed_below) {
    const auto live =
        live_of({LayerBuilder().file("a", blocks(1, 'a')).tar(),
                 LayerBuilder().hardlink("b", "a").tar(), LayerBuilder().whiteout("a").tar(), ""});
    EXPECT_EQ(live[0].dead_bytes, 0U);
}

TEST(LiveDataTest, a_place_that_two_files_share_is_counted_once) {
    const auto live = live_of({LayerBuilder()
                                   .file("a", blocks(1, 'a'))
                                   .file("b", blocks(1, 'a'))
                                   .file("c", blocks(1, 'c'))
                                   .tar(),
                               LayerBuilder().whiteout("a").tar(), ""});
    EXPECT_EQ(live[0].live_bytes, 2U * 4096);
    EXPECT_EQ(live[0].dead_bytes, 0U);
}

} // namespace aic::builder

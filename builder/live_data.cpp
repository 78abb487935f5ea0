// SPDX-License-Identifier: Apache-2.0
#include "builder/live_data.hpp"

#include <algorithm>
#include <numeric>

namespace aic::builder {

namespace {

using layers::NodeId;
using layers::Tree;

void mark(const layers::Inode& inode, const LayerPlan& plan, std::vector<LiveSegment>& segments) {
    if (inode.type == layers::EntryType::file && inode.content != layers::k_none)
        segments.at(plan.segment_of(inode.layer)).contents.at(inode.content) = true;
}

void mark_contents(const Tree& tree, const LayerPlan& plan, std::vector<LiveSegment>& segments) {
    std::vector<NodeId> waiting = {Tree::root()};
    while (!waiting.empty()) {
        const auto directory = waiting.back();
        waiting.pop_back();
        for (auto node = tree.node(directory).first_child; node != layers::k_none;
             node = tree.node(node).next) {
            if (tree.is_directory(node))
                waiting.push_back(node);
            else
                mark(tree.inode(node), plan, segments);
        }
    }
}

/// Where the marked contents are, in no order and with repetitions.
std::vector<Extent> places_of(const squashfs::SegmentData& data,
                              const std::vector<bool>& contents) {
    std::vector<Extent> places;
    std::vector<bool> fragments(data.fragments.size());
    for (std::size_t i = 0; i < contents.size(); ++i) {
        if (!contents[i])
            continue;
        const auto& content = data.contents[i];
        if (content.fragment != squashfs::k_no_fragment)
            fragments.at(content.fragment) = true;
        Extent blocks{content.start, 0};
        for (const auto size : data.blocks_of(content))
            blocks.length_bytes += squashfs::stored_bytes(size);
        if (blocks.length_bytes > 0)
            places.push_back(blocks);
    }
    for (std::size_t i = 0; i < fragments.size(); ++i)
        if (fragments[i])
            places.push_back(
                {data.fragments[i].start, squashfs::stored_bytes(data.fragments[i].size)});
    return places;
}

std::vector<Extent> joined(std::vector<Extent> places) {
    std::ranges::sort(places, {}, &Extent::start);
    std::vector<Extent> extents;
    for (const auto& place : places) {
        if (!extents.empty() && place.start <= extents.back().end())
            extents.back().length_bytes =
                std::max(extents.back().end(), place.end()) - extents.back().start;
        else
            extents.push_back(place);
    }
    return extents;
}

} // namespace

std::vector<LiveSegment>
live_data(const Tree& tree, const LayerPlan& plan,
          std::span<const std::shared_ptr<const layers::LayerIndex>> segments) {
    std::vector<LiveSegment> live(segments.size());
    for (std::size_t i = 0; i < segments.size(); ++i)
        live[i].contents.resize(segments[i]->segment.contents.size());
    mark_contents(tree, plan, live);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto& data = segments[i]->segment;
        live[i].extents = joined(places_of(data, live[i].contents));
        for (const auto& extent : live[i].extents)
            live[i].live_bytes += extent.length_bytes;
        live[i].dead_bytes = data.length_bytes - live[i].live_bytes;
    }
    return live;
}

std::uint64_t dead_bytes_of(std::span<const LiveSegment> segments) {
    return std::accumulate(
        segments.begin(), segments.end(), std::uint64_t{0},
        [](std::uint64_t sum, const LiveSegment& segment) { return sum + segment.dead_bytes; });
}

} // namespace aic::builder

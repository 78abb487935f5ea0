// SPDX-License-Identifier: Apache-2.0
#include "builder/commit/base_tree.hpp"

#include "builder/layers/merge.hpp"
#include "builder/squashfs/image_text.hpp"

namespace aic::commit {

namespace {

builder::StoredTree tree_of(const cache::StoredImage& image) {
    if (image.record.profile != "foreign")
        return builder::read_tree(image);
    builder::StoredTree stored{
        .config = {}, .plan = {}, .segments = builder::read_layers(image), .tree = {}};
    stored.plan.order = {0};
    layers::apply_layer(*stored.segments.at(0), 0, stored.tree);
    return stored;
}

} // namespace

BaseTree::BaseTree(const cache::StoredImage& image)
    : stored_(tree_of(image))
    , reader_(image.file()) {}

std::uint64_t BaseTree::size_bytes(const layers::Inode& file) const {
    if (file.content == layers::k_none)
        return 0;
    const auto& segment = *stored_.segments.at(stored_.plan.segment_of(file.layer));
    return segment.segment.contents.at(file.content).size_bytes;
}

bool BaseTree::read(const std::string& path, Sink& sink) {
    const auto found = reader_.find(path, squashfs::ImageReader::Follow::no);
    if (!found)
        return false;
    const auto inode = reader_.inode(*found);
    if (inode.type != squashfs::InodeType::file)
        return false;
    reader_.read_file(inode, sink);
    return true;
}

std::string BaseTree::text(const std::string& path) {
    return squashfs::text_in(reader_, path, squashfs::ImageReader::Follow::no);
}

} // namespace aic::commit

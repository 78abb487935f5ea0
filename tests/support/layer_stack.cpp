// SPDX-License-Identifier: Apache-2.0
#include "tests/support/layer_stack.hpp"

#include "builder/layers/merge.hpp"
#include "tests/support/listing.hpp"

namespace aic::testing {

builder::LayerBlob blob_of(const TempDir& directory, std::string_view blob, std::string_view tar) {
    const Digest digest(sha256_of(blob));
    const auto path = directory / digest.hex();
    write_file(path, blob);
    return {.file = {std::make_shared<const Fd>(open_file(path, O_RDONLY)), path,
                     registry::Verified::no},
            .descriptor = {.media_type = "application/vnd.oci.image.layer.v1.tar",
                           .digest = digest,
                           .size_bytes = blob.size()},
            .diff_id = DiffId(sha256_of(tar))};
}

const layers::LayerIndex& LayerStack::add(std::string_view tar) {
    const auto path = directory_ / fmt::format("segment-{}", layers_.size());
    auto segment = open_file(path, O_RDWR | O_CREAT | O_TRUNC);
    auto index = builder::convert_layer(blob_of(directory_, tar, tar),
                                        {segment.get(), path, 0, nullptr}, pool_, {});
    return layers_.emplace_back(Layer{std::move(index), std::move(segment)}).index;
}

layers::Tree LayerStack::merged() const {
    layers::Tree tree;
    for (std::size_t i = 0; i < layers_.size(); ++i)
        apply_layer(layers_[i].index, static_cast<std::uint32_t>(i), tree);
    return tree;
}

std::string LayerStack::content(const layers::Inode& file) const {
    if (file.content == layers::k_none)
        return "";
    const auto& layer = layers_.at(file.layer);
    const auto& segment = layer.index.segment;
    const auto& content = segment.contents.at(file.content);
    std::string text(content.size_bytes, '\0');
    const auto out = std::as_writable_bytes(std::span(text));
    if (content.fragment != squashfs::k_no_fragment) {
        const auto start = segment.fragments.at(content.fragment).start + content.fragment_offset;
        pread_exact(layer.segment.get(), out, start, "segment");
        return text;
    }
    auto at = content.start;
    std::size_t done = 0;
    for (const auto size : segment.blocks_of(content)) {
        const auto bytes = std::min<std::size_t>(k_block_bytes, text.size() - done);
        if (size != 0)
            pread_exact(layer.segment.get(), out.subspan(done, bytes), at, "segment");
        at += squashfs::stored_bytes(size);
        done += bytes;
    }
    return text;
}

std::string LayerStack::listing(const layers::Tree& tree) const {
    using Kind = ListedEntry::Kind;
    Listing listing;
    std::vector<layers::NodeId> waiting = {layers::Tree::root()};
    while (!waiting.empty()) {
        const auto directory = waiting.back();
        waiting.pop_back();
        for (const auto child : tree.sorted_children(directory)) {
            const auto& inode = tree.inode(child);
            ListedEntry entry{.kind = Kind::other,
                              .mode = inode.mode,
                              .inode = tree.node(child).inode,
                              .text = {}};
            if (inode.type == layers::EntryType::directory) {
                entry.kind = Kind::directory;
                waiting.push_back(child);
            } else if (inode.type == layers::EntryType::file) {
                entry.kind = Kind::file;
                entry.text = content(inode);
            } else if (inode.type == layers::EntryType::symlink) {
                entry.kind = Kind::symlink;
                entry.text = tree.target(inode.target);
            } else if (inode.type == layers::EntryType::fifo) {
                entry.kind = Kind::fifo;
            }
            listing.emplace(tree.path(child), std::move(entry));
        }
    }
    return text_of(listing);
}

std::vector<layers::LayerEntry> entries_of(const layers::LayerIndex& index) {
    std::vector<layers::LayerEntry> entries;
    layers::EntryReader reader(index);
    for (layers::LayerEntry entry; reader.next(entry);)
        entries.push_back(entry);
    return entries;
}

} // namespace aic::testing

// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/tree.hpp"

#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace aic::layers {

namespace {

std::uint32_t hash_of(NodeId directory, std::string_view name) {
    return static_cast<std::uint32_t>(XXH3_64bits_withSeed(name.data(), name.size(), directory));
}

} // namespace

Tree::Tree() {
    static const std::vector<Xattr> k_no_xattrs;
    xattr_sets_.push_back(&k_no_xattrs);
    nodes_.push_back({.implied = true, .inode = add_inode({}), .parent = root()});
}

void Tree::reserve(std::size_t more) {
    nodes_.reserve(nodes_.size() + more);
    inodes_.reserve(inodes_.size() + more);
    children_.reserve(more);
}

std::string_view Tree::name(NodeId id) const {
    return std::string_view(names_).substr(nodes_[id].name_offset, nodes_[id].name_bytes);
}

std::string Tree::path(NodeId id) const {
    std::vector<std::string_view> parts;
    for (; id != root(); id = nodes_[id].parent)
        parts.push_back(name(id));
    std::string path;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        if (!path.empty())
            path += '/';
        path += *part;
    }
    return path;
}

std::optional<NodeId> Tree::find(NodeId directory, std::string_view wanted) const {
    return children_.find(hash_of(directory, wanted), [&](NodeId id) {
        return nodes_[id].parent == directory && name(id) == wanted;
    });
}

NodeId Tree::add(NodeId directory, std::string_view name, InodeId inode, std::uint32_t layer) {
    const auto id = static_cast<NodeId>(nodes_.size());
    nodes_.push_back({.name_offset = names_.size(),
                      .name_bytes = static_cast<std::uint16_t>(name.size()),
                      .layer = layer,
                      .inode = inode,
                      .parent = directory,
                      .next = nodes_[directory].first_child});
    names_ += name;
    if (nodes_[id].next != k_none)
        nodes_[nodes_[id].next].previous = id;
    nodes_[directory].first_child = id;
    children_.insert(hash_of(directory, name), id);
    return id;
}

InodeId Tree::add_inode(const Inode& inode) {
    inodes_.push_back(inode);
    return static_cast<InodeId>(inodes_.size() - 1);
}

void Tree::unlink(NodeId id) {
    auto& node = nodes_[id];
    if (node.previous != k_none)
        nodes_[node.previous].next = node.next;
    else
        nodes_[node.parent].first_child = node.next;
    if (node.next != k_none)
        nodes_[node.next].previous = node.previous;
    children_.erase(hash_of(node.parent, name(id)), id);
}

void Tree::remove(NodeId id) {
    remove_children(id);
    unlink(id);
}

void Tree::remove_children(NodeId directory) {
    // Down to a leaf, take it, up again: no recursion, since strangers decide how deep a tree is.
    for (NodeId at = directory;;) {
        if (const auto child = nodes_[at].first_child; child != k_none) {
            at = child;
            continue;
        }
        if (at == directory)
            return;
        const auto leaf = std::exchange(at, nodes_[at].parent);
        unlink(leaf);
    }
}

std::vector<NodeId> Tree::sorted_children(NodeId directory) const {
    std::vector<NodeId> children;
    for (auto id = nodes_[directory].first_child; id != k_none; id = nodes_[id].next)
        children.push_back(id);
    std::ranges::sort(children, [&](NodeId a, NodeId b) { return name(a) < name(b); });
    return children;
}

std::uint32_t Tree::add_target(std::string_view target) {
    targets_.emplace_back(target);
    return static_cast<std::uint32_t>(targets_.size() - 1);
}

XattrSetId Tree::add_xattrs(const std::vector<Xattr>& xattrs) {
    if (xattrs.empty())
        return 0;
    const auto next = static_cast<XattrSetId>(xattr_sets_.size());
    const auto [set, is_new] = xattr_ids_.try_emplace(xattrs, next);
    if (is_new)
        xattr_sets_.push_back(&set->first);
    return set->second;
}

} // namespace aic::layers

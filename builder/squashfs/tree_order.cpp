// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/tree_order.hpp"

namespace aic::squashfs {

using layers::NodeId;
using layers::Tree;

TreeOrder::TreeOrder(const Tree& tree) : numbers_(tree.inode_count()), links_(tree.inode_count()) {
    numbers_[tree.node(Tree::root()).inode] = ++count_;
    std::vector<NodeId> waiting = {Tree::root()};
    while (!waiting.empty()) {
        const auto directory = waiting.back();
        waiting.pop_back();
        visit(tree, directory, waiting);
    }
}

void TreeOrder::visit(const Tree& tree, NodeId directory, std::vector<NodeId>& waiting) {
    const auto children = tree.sorted_children(directory);
    Directory entry{directory, static_cast<std::uint32_t>(children_.size()),
                    static_cast<std::uint32_t>(children.size()), 0};
    for (const auto child : children) {
        const auto inode = tree.node(child).inode;
        if (numbers_[inode] == 0)
            numbers_[inode] = ++count_;
        ++links_[inode];
        entry.subdirectories += tree.is_directory(child) ? 1 : 0;
    }
    children_.insert(children_.end(), children.begin(), children.end());
    for (auto child = children.rbegin(); child != children.rend(); ++child)
        if (tree.is_directory(*child))
            waiting.push_back(*child);
    directories_.push_back(entry);
}

} // namespace aic::squashfs

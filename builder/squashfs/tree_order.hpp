// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/tree.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace aic::squashfs {

/// The order in which an image lists a tree: directories before what is in them, the children of
/// one directory together and numbered in a row, hardlinked inodes once.
class TreeOrder {
public:
    explicit TreeOrder(const layers::Tree& tree);

    struct Directory {
        layers::NodeId node;
        std::uint32_t first_child;
        std::uint32_t child_count;
        std::uint32_t subdirectories;
    };

    /// Every directory after its parent; read backwards, children come before their parents.
    const std::vector<Directory>& directories() const { return directories_; }

    /// Sorted by name.
    std::span<const layers::NodeId> children(const Directory& directory) const {
        return std::span(children_).subspan(directory.first_child, directory.child_count);
    }

    /// 1 … inode_count(), dense.
    std::uint32_t number(layers::InodeId inode) const { return numbers_[inode]; }

    std::uint32_t link_count(layers::InodeId inode) const { return links_[inode]; }

    std::uint32_t inode_count() const { return count_; }

private:
    void visit(const layers::Tree& tree, layers::NodeId directory,
               std::vector<layers::NodeId>& waiting);

    std::vector<Directory> directories_;
    std::vector<layers::NodeId> children_;
    std::vector<std::uint32_t> numbers_; ///< by InodeId; 0 for inodes no name leads to
    std::vector<std::uint32_t> links_;   ///< by InodeId
    std::uint32_t count_ = 0;
};

} // namespace aic::squashfs

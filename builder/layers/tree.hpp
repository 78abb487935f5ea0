// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/child_table.hpp"
#include "builder/layers/entry.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::layers {

using NodeId = std::uint32_t;
using InodeId = std::uint32_t;
using XattrSetId = std::uint32_t; ///< 0 is "none"
inline constexpr std::uint32_t k_none = 0xFFFFFFFF;

/// What a name stands for. Hardlinks are nodes that share one. Some 50 bytes, since images have
/// millions.
struct Inode {
    EntryType type = EntryType::directory; ///< never hardlink, whiteout or opaque
    std::uint16_t mode = 0755;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime_seconds = 0;
    XattrSetId xattrs = 0;
    std::uint32_t layer = 0;        ///< files: whose segment holds the bytes
    std::uint32_t content = k_none; ///< files: ContentId there; k_none for an empty file
    std::uint32_t target = k_none;  ///< symlinks: Tree::target()
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
};

/// A name in a directory.
struct Node {
    std::uint64_t name_offset = 0; ///< in the arena
    std::uint16_t name_bytes = 0;
    bool implied = false;    ///< a directory that only the paths of others made
    std::uint32_t layer = 0; ///< which layer put it there
    InodeId inode = k_none;
    NodeId parent = k_none;
    NodeId first_child = k_none;
    NodeId previous = k_none; ///< sibling
    NodeId next = k_none;     ///< sibling
};

/// A file system tree in memory, as layers are merged into it: nodes, inodes and names in arenas.
/// Not shared between threads.
class Tree {
public:
    Tree();

    static constexpr NodeId root() { return 0; }

    const Node& node(NodeId id) const { return nodes_[id]; }

    Node& node(NodeId id) { return nodes_[id]; }

    const Inode& inode(NodeId id) const { return inodes_[nodes_[id].inode]; }

    Inode& inode(NodeId id) { return inodes_[nodes_[id].inode]; }

    const Inode& inode_by_id(InodeId id) const { return inodes_[id]; }

    bool is_directory(NodeId id) const { return inode(id).type == EntryType::directory; }

    std::string_view name(NodeId id) const;
    /// "usr/lib/x"; "" for the root.
    std::string path(NodeId id) const;

    /// Makes room for that many names more, which saves moving what is there.
    void reserve(std::size_t more);

    std::size_t inode_count() const { return inodes_.size(); }

    std::optional<NodeId> find(NodeId directory, std::string_view name) const;
    /// A new name; there must be none like it.
    NodeId add(NodeId directory, std::string_view name, InodeId inode, std::uint32_t layer);
    InodeId add_inode(const Inode& inode);
    /// Takes the name and all below it out. Inodes stay, since other names may have them.
    void remove(NodeId id);
    void remove_children(NodeId directory);
    /// The children, sorted by name as bytes.
    std::vector<NodeId> sorted_children(NodeId directory) const;

    std::uint32_t add_target(std::string_view target);

    const std::string& target(std::uint32_t index) const { return targets_[index]; }

    XattrSetId add_xattrs(const std::vector<Xattr>& xattrs);

    const std::vector<Xattr>& xattrs(XattrSetId id) const { return *xattr_sets_[id]; }

private:
    void unlink(NodeId id);

    std::vector<Node> nodes_;
    std::vector<Inode> inodes_;
    std::string names_;
    ChildTable children_;
    std::vector<std::string> targets_;
    std::map<std::vector<Xattr>, XattrSetId> xattr_ids_;
    std::vector<const std::vector<Xattr>*> xattr_sets_; ///< into xattr_ids_' keys
};

} // namespace aic::layers

// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/merge.hpp"

#include "builder/layers/path.hpp"
#include "builder/layers/resolve.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/printable.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace aic::layers {

namespace {

bool is_deletion(const LayerEntry& entry) {
    return entry.type == EntryType::whiteout || entry.type == EntryType::opaque;
}

/// Applies one layer; the rule numbers are those of docs/layers.md.
class LayerMerge {
public:
    LayerMerge(const LayerIndex& index, std::uint32_t layer, Tree& tree)
        : index_(index)
        , layer_(layer)
        , tree_(tree) {}

    void run() {
        if (tree_.node(Tree::root()).first_child != k_none) {
            note_lower_link_targets();
            if (has_deletions_)
                for_each([&](const LayerEntry& entry) { apply_deletion(entry); });
        }
        for_each([&](const LayerEntry& entry) { place(entry); });
        link_late_targets();
        if (duplicates_ > 0)
            warn("a layer holds {} path{} more than once; the last one counts", duplicates_,
                 duplicates_ == 1 ? "" : "s");
    }

private:
    template <typename Body>
    void for_each(const Body& body) {
        EntryReader reader(index_);
        LayerEntry entry;
        while (reader.next(entry))
            body(entry);
    }

    void note_lower_link_targets();
    NodeId parent_of_entry(const LayerEntry& entry);
    void apply_deletion(const LayerEntry& entry);
    bool replaces_link(std::string_view path);
    void place(const LayerEntry& entry);
    void place_directory(NodeId parent, const LayerEntry& entry);
    void place_hardlink(NodeId parent, const LayerEntry& entry);
    void place_late_link(NodeId parent, const LayerEntry& entry, const std::string& target);

    void replace(NodeId parent, std::string_view name, InodeId inode) {
        replace(tree_.find(parent, name), parent, name, inode);
    }

    void replace(std::optional<NodeId> existing, NodeId parent, std::string_view name,
                 InodeId inode);
    void link_late_targets();
    void count_duplicate(NodeId existing);

    struct LateLink {
        std::string path;
        std::string target;
    };

    const LayerIndex& index_;
    const std::uint32_t layer_;
    Tree& tree_;
    std::map<std::string, InodeId> lower_targets_; ///< hardlink target → inode, before deletions
    std::map<InodeId, LateLink> late_links_;       ///< by the inode that keeps the place
    bool has_deletions_ = false;
    // Entries of one directory mostly come one after the other. Nothing after a removal.
    std::string parent_path_;
    std::optional<NodeId> parent_;
    std::size_t duplicates_ = 0;
};

/// Rules 12 and 13: a link may name a file that this very layer deletes from below.
void LayerMerge::note_lower_link_targets() {
    for_each([&](const LayerEntry& entry) {
        has_deletions_ = has_deletions_ || is_deletion(entry);
        if (entry.type != EntryType::hardlink)
            return;
        const auto target = find_entry(tree_, entry.target);
        if (target && !tree_.is_directory(*target))
            lower_targets_.emplace(entry.target, tree_.node(*target).inode);
    });
}

/// Rules 1 to 6: the tree holds only what lies below as yet, so nothing of this layer can be hit.
void LayerMerge::apply_deletion(const LayerEntry& entry) {
    if (entry.type == EntryType::whiteout) {
        if (const auto found = find_entry(tree_, entry.path); found && *found != Tree::root())
            tree_.remove(*found);
    } else if (entry.type == EntryType::opaque) {
        if (const auto directory = find_directory(tree_, entry.path);
            directory && !replaces_link(entry.path))
            tree_.remove_children(*directory);
    }
}

/// A directory that takes a symlink's place hides nothing of where that led. Seldom asked, and only
/// of symlinks.
bool LayerMerge::replaces_link(std::string_view path) {
    const auto existing = find_entry(tree_, path);
    if (!existing || tree_.inode(*existing).type != EntryType::symlink)
        return false;
    bool is_replaced = false;
    for_each([&](const LayerEntry& entry) {
        is_replaced = is_replaced || (entry.type == EntryType::directory && entry.path == path);
    });
    return is_replaced;
}

void LayerMerge::place(const LayerEntry& entry) {
    if (is_deletion(entry))
        return;
    // Rule 4: overlayfs would take such a device for a deletion.
    if (entry.type == EntryType::char_device && entry.device_major == 0
        && entry.device_minor == 0) {
        warn("'{}' is a device 0:0, which means a deletion to overlayfs: left out",
             printable(entry.path));
        return;
    }
    if (entry.path.empty()) {
        if (entry.type != EntryType::directory)
            throw Error(ErrorKind::integrity, "the root of a layer is a {}", name_of(entry.type));
        tree_.inode(Tree::root()) = tree_.inode_by_id(add_inode(tree_, entry, layer_));
        tree_.node(Tree::root()).implied = false;
        return;
    }
    const auto parent = parent_of_entry(entry);
    if (entry.type == EntryType::directory)
        place_directory(parent, entry);
    else if (entry.type == EntryType::hardlink)
        place_hardlink(parent, entry);
    else
        replace(parent, base_of(entry.path), add_inode(tree_, entry, layer_));
}

NodeId LayerMerge::parent_of_entry(const LayerEntry& entry) {
    const auto path = parent_of(entry.path);
    if (!parent_ || path != parent_path_) {
        parent_ = make_directory(tree_, path, entry.mtime_seconds, layer_);
        parent_path_ = path;
    }
    return *parent_;
}

/// Rule 7: a directory over a directory keeps the children.
void LayerMerge::place_directory(NodeId parent, const LayerEntry& entry) {
    const auto name = base_of(entry.path);
    const auto existing = tree_.find(parent, name);
    if (!existing || !tree_.is_directory(*existing)) {
        replace(existing, parent, name, add_inode(tree_, entry, layer_));
        return;
    }
    count_duplicate(*existing);
    auto& node = tree_.node(*existing);
    node.layer = layer_;
    node.implied = false;
    tree_.inode(*existing) = tree_.inode_by_id(add_inode(tree_, entry, layer_));
}

void LayerMerge::place_hardlink(NodeId parent, const LayerEntry& entry) {
    const auto name = base_of(entry.path);
    if (const auto target = find_entry(tree_, entry.target)) {
        if (tree_.is_directory(*target))
            throw Error(ErrorKind::integrity, "'{}' is a hardlink to the directory '{}'",
                        printable(entry.path), printable(entry.target));
        const auto inode = tree_.node(*target).inode;
        if (const auto late = late_links_.find(inode); late != late_links_.end())
            place_late_link(parent, entry, late->second.target);
        else if (tree_.find(parent, name) != target)
            replace(parent, name, inode);
        return;
    }
    if (const auto lower = lower_targets_.find(entry.target); lower != lower_targets_.end()) {
        replace(parent, name, lower->second);
        return;
    }
    place_late_link(parent, entry, entry.target);
}

/// Rule 13: the target may yet come; an empty file of its own keeps the place.
void LayerMerge::place_late_link(NodeId parent, const LayerEntry& entry,
                                 const std::string& target) {
    const auto placeholder = tree_.add_inode({.type = EntryType::file});
    replace(parent, base_of(entry.path), placeholder);
    late_links_.emplace(placeholder, LateLink{entry.path, target});
}

void LayerMerge::replace(std::optional<NodeId> existing, NodeId parent, std::string_view name,
                         InodeId inode) {
    if (existing) {
        count_duplicate(*existing);
        tree_.remove(*existing);
        parent_.reset();
    }
    tree_.add(parent, name, inode, layer_);
}

/// Rule 10.
void LayerMerge::count_duplicate(NodeId existing) {
    const auto& node = tree_.node(existing);
    if (node.layer == layer_ && !node.implied)
        ++duplicates_;
}

/// A late link's target may be a late link too: each chain is followed once, and all on it get its
/// end.
void LayerMerge::link_late_targets() {
    for (const auto& [placeholder, link] : late_links_) {
        const auto start = find_entry(tree_, link.path);
        if (!start || tree_.node(*start).inode != placeholder)
            continue; // replaced by a later entry, or linked with an earlier chain
        std::vector<NodeId> chain = {*start};
        auto next = late_links_.find(placeholder);
        while (next != late_links_.end()) {
            const auto target = find_entry(tree_, next->second.target);
            if (!target || tree_.is_directory(*target) || chain.size() > late_links_.size())
                throw Error(ErrorKind::integrity,
                            "'{}' is a hardlink to '{}', which is no file of the image",
                            printable(link.path), printable(link.target));
            chain.push_back(*target);
            next = late_links_.find(tree_.node(*target).inode);
        }
        for (const auto node : chain)
            tree_.node(node).inode = tree_.node(chain.back()).inode;
    }
}

} // namespace

void apply_layer(const LayerIndex& index, std::uint32_t layer, Tree& tree) {
    LayerMerge(index, layer, tree).run();
}

InodeId add_inode(Tree& tree, const LayerEntry& entry, std::uint32_t layer) {
    return tree.add_inode({
        .type = entry.type,
        .mode = entry.mode,
        .uid = entry.uid,
        .gid = entry.gid,
        .mtime_seconds = entry.mtime_seconds,
        .xattrs = tree.add_xattrs(entry.xattrs),
        .layer = layer,
        .content = entry.content.value_or(k_none),
        .target = entry.type == EntryType::symlink ? tree.add_target(entry.target) : k_none,
        .device_major = entry.device_major,
        .device_minor = entry.device_minor,
    });
}

NodeId make_directory(Tree& tree, std::string_view path, std::int64_t mtime_seconds,
                      std::uint32_t layer) {
    return *walk_directory(
        tree, path, [&](NodeId parent, std::string_view name, std::optional<NodeId> existing) {
            if (existing)
                tree.remove(*existing);
            const auto inode = tree.add_inode({.mtime_seconds = mtime_seconds, .layer = layer});
            const auto made = tree.add(parent, name, inode, layer);
            tree.node(made).implied = true;
            return std::optional(made);
        });
}

std::optional<NodeId> look_up(const Tree& tree, std::string_view path) {
    auto found = find_entry(tree, path);
    if (found && tree.inode(*found).type == EntryType::symlink)
        if (auto directory = find_directory(tree, path))
            return directory;
    return found;
}

} // namespace aic::layers

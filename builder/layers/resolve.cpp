// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/resolve.hpp"

#include "builder/layers/path.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

#include <string>
#include <vector>

namespace aic::layers {

namespace {

constexpr int k_max_links = 40; // as Linux's MAXSYMLINKS

/// The parts of a path still to be walked, with those of symlinks pushed in front as they are met.
class Parts {
public:
    explicit Parts(std::string_view path) { push(path); }

    void push(std::string_view path) {
        // Last part first, since the stack is worked off from its end.
        while (!path.empty()) {
            const auto name = base_of(path);
            if (!name.empty() && name != ".")
                stack_.emplace_back(name);
            path = parent_of(path);
        }
    }

    bool empty() const { return stack_.empty(); }

    std::string pop() {
        auto part = std::move(stack_.back());
        stack_.pop_back();
        return part;
    }

private:
    std::vector<std::string> stack_;
};

} // namespace

std::optional<NodeId> walk_directory(const Tree& tree, std::string_view path,
                                     const OnMissing& on_missing) {
    Parts parts(path);
    int links = 0;
    NodeId at = Tree::root();
    while (!parts.empty()) {
        const auto part = parts.pop();
        if (part == "..") {
            at = tree.node(at).parent;
            continue;
        }
        const auto next = tree.find(at, part);
        if (next && tree.inode(*next).type == EntryType::symlink) {
            if (++links > k_max_links)
                throw Error(ErrorKind::integrity,
                            "the symlinks on the way of '{}' go round in a loop", printable(path));
            const auto& target = tree.target(tree.inode(*next).target);
            if (target.starts_with('/'))
                at = Tree::root();
            parts.push(target);
            continue;
        }
        if (next && tree.is_directory(*next)) {
            at = *next;
            continue;
        }
        const auto replacement = on_missing(at, part, next);
        if (!replacement)
            return std::nullopt;
        at = *replacement;
    }
    return at;
}

std::optional<NodeId> find_directory(const Tree& tree, std::string_view path) {
    return walk_directory(tree, path, [](auto&&...) { return std::nullopt; });
}

std::optional<NodeId> find_entry(const Tree& tree, std::string_view path) {
    const auto parent = find_directory(tree, parent_of(path));
    if (!parent || path.empty())
        return parent;
    return tree.find(*parent, base_of(path));
}

} // namespace aic::layers

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/layer_index.hpp"
#include "builder/layers/tree.hpp"

#include <string_view>

namespace aic::layers {

/// Applies one layer onto `tree` by the rules of docs/layers.md (OCI image-spec, layer.md): its
/// deletions first, which touch what lies below only, then its entries in order. `layer` is the
/// number that the new nodes and contents carry. A hardlink to nothing or a loop of symlinks throws
/// Error(integrity); `tree` is valid but unfinished then.
void apply_layer(const LayerIndex& index, std::uint32_t layer, Tree& tree);

/// What the entry is, as a layer of this number has it; not of hardlinks and deletions.
InodeId add_inode(Tree& tree, const LayerEntry& entry, std::uint32_t layer);

/// The directory at `path` through the symlinks on the way, with the missing parts made 0755
/// root:root.
NodeId make_directory(Tree& tree, std::string_view path, std::int64_t mtime_seconds,
                      std::uint32_t layer);

/// What `path` names, through the symlinks on the way and, if it is one itself, through that too.
std::optional<NodeId> look_up(const Tree& tree, std::string_view path);

} // namespace aic::layers

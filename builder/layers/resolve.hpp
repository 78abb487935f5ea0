// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/tree.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace aic::layers {

/// Called for a part that is missing or no directory (`existing`) on the way of a path: what to go
/// on with, or nothing to give up.
using OnMissing = std::function<std::optional<NodeId>(NodeId directory, std::string_view name,
                                                      std::optional<NodeId> existing)>;

/// Walks `path` as a chroot would: symlinks are followed with the tree's root as `/`, and nothing
/// leaves it. The result is a directory, or nothing. More than 40 links on the way throw
/// Error(integrity).
std::optional<NodeId> walk_directory(const Tree& tree, std::string_view path,
                                     const OnMissing& on_missing);

/// Without making anything.
std::optional<NodeId> find_directory(const Tree& tree, std::string_view path);

/// What `path` names; its last part is not followed if it is a symlink.
std::optional<NodeId> find_entry(const Tree& tree, std::string_view path);

} // namespace aic::layers

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <sys/types.h>

#include <chrono>
#include <optional>

namespace aic::cache {

/// What a store's file system did when it was tried.
struct StoreProbe {
    uid_t seen_owner = 0; ///< whom a file belongs to that the caller made
    /// By how much the file system's clock is ahead of this machine's; 0 when the difference is
    /// less than what passed while it was asked.
    std::chrono::milliseconds clock_ahead{};
    bool locks_exclude = false; ///< flock(2), between two opens on this machine
    bool links = false;         ///< a file can have two names, which publishing needs
    bool reflinks = false;      ///< files can share blocks (FICLONE)
};

/// Tries it where the caller may write: in his subtree, else in the directory of all subtrees.
/// Nothing is left behind. Nothing when he may write in neither, or they are not there.
std::optional<StoreProbe> probe_store(const Layout& layout);

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"
#include "cache/object_key.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace aic::cache {

/// Tells the catalogue to look at an object again (docs/decisions/0010). Made before the object
/// changes, and durable then; done() once it has changed. When that is never said, because of a
/// crash or an exception, readers go on looking at the object for a day.
class ChangeNote {
public:
    /// Makes the directory pending/ where it is missing.
    ChangeNote(const Layout& layout, const ObjectKey& key);
    ChangeNote(const ChangeNote&) = delete;
    ChangeNote& operator=(const ChangeNote&) = delete;
    ~ChangeNote() = default; // what was not done() stays an intent

    void done();

private:
    ObjectKey key_;
    std::filesystem::path entry_; // without suffix
};

enum class PendingState {
    intent, ///< the object may change, or may have changed
    done,   ///< the object has changed
};

/// One file in somebody's pending/, not read yet.
struct PendingEntry {
    uid_t owner = 0;
    std::string file_name;
    PendingState state = PendingState::intent;
};

/// The entries of this user in the order of their names, read from the server on NFS too.
std::vector<PendingEntry> pending_entries(const Layout& layout);

/// Which object to look at. Nothing when the entry is gone, and not because it was done meanwhile.
/// Throws Error(integrity) when it is no entry, or one of a newer version.
std::optional<ObjectKey> read_pending(const Layout& layout, const PendingEntry& entry);

/// Removes those of them that are the user's own, several at a time.
void remove_pending(const Layout& layout, const std::vector<PendingEntry>& entries);

} // namespace aic::cache

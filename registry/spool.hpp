// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"
#include "core/fd.hpp"

#include <filesystem>
#include <optional>

namespace aic::registry {

/// Where a blob on its way, and what is known of it, lie in a spool.
struct PartialPaths {
    std::filesystem::path data;
    std::filesystem::path written;    ///< claims that end with this boot
    std::filesystem::path synced;     ///< claims that outlast a crash
    std::filesystem::path synced_new; ///< the same, being written
};

/// The directory that downloads go to (docs/formats/spool.md): `<hex digest>` is a complete blob,
/// `.<hex digest>.partial` one on its way, locked by the process that writes it.
class Spool {
public:
    /// Makes the directory where it is missing. Throws Error(denied) when others than its owner,
    /// who is the caller or root, could exchange files in it.
    explicit Spool(std::filesystem::path directory);

    std::filesystem::path path_of(const Digest& digest) const;
    PartialPaths partial_paths(const Digest& digest) const;
    /// The complete file of that size, written by the caller, if it is there. Its bytes are not
    /// checked.
    std::optional<Fd> open(const Digest& digest, std::uint64_t size_bytes) const;
    /// Removes what no process is writing and none will use: blobs, whole and partial, that have
    /// lain for a week, and partial ones that were private to a process that is gone.
    void remove_abandoned() const;

private:
    std::filesystem::path directory_;
};

/// How much of the blob's room is taken in the directory, by a complete file or by a partial one
/// that this process can go on with.
std::uint64_t spooled_bytes(const std::filesystem::path& directory, const Digest& digest);

} // namespace aic::registry

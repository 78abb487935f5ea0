// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/copy_range.hpp"
#include "core/content_hash.hpp"
#include "core/digest.hpp"
#include "core/progress.hpp"

#include <cstdint>
#include <stop_token>

namespace aic::foreign {

/// The hashes of a file that was copied: of its first bytes, of the rest, and of all of it.
struct CopyHashes {
    ContentHash first;
    ContentHash rest;
    Sha256Bytes whole{};
};

/// Copies a whole file of `size_bytes` and hashes what the copy holds; `first_bytes` is where the
/// first part ends. The copy shares the original's blocks where the file system can, else there has
/// to be room for it. Both places are at offset 0.
CopyHashes copy_and_hash(const builder::FilePlace& from, const builder::FilePlace& to,
                         std::uint64_t size_bytes, std::uint64_t first_bytes,
                         ProgressItem* progress, std::stop_token stop);

} // namespace aic::foreign

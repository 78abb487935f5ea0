// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace aic::testing {

/// What stands at a path of a tree, wherever that tree is.
struct ListedEntry {
    enum class Kind { file, directory, symlink, fifo, other } kind = Kind::file;
    unsigned mode = 0;
    std::uint64_t inode = 0; ///< equal for the names of one file
    std::string text;        ///< a file's bytes, a symlink's target
};

/// By path; the root itself is not listed.
using Listing = std::map<std::string, ListedEntry>;

/// One line an entry, sorted by path: `dir usr 0755`, `file a "old"`, `link lib -> usr/lib`,
/// `hard b = a`, `fifo p`. The mode of a file is there when it is not 0644.
std::string text_of(const Listing& listing);

} // namespace aic::testing

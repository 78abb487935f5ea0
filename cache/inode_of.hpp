// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <filesystem>

namespace aic::cache {

/// Which directory stands at a path; 0 when there is none. Compaction puts another one in an
/// image's place at once, so whoever reads several of its files asks before and afterwards.
inline ino_t inode_of(const std::filesystem::path& directory) {
    struct stat status;
    return ::lstat(directory.c_str(), &status) == 0 ? status.st_ino : 0;
}

} // namespace aic::cache

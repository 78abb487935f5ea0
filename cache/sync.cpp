// SPDX-License-Identifier: Apache-2.0
#include "cache/sync.hpp"

#include "core/error.hpp"
#include "core/files.hpp"

namespace aic::cache {

void sync_unless_gone(const std::filesystem::path& directory) {
    try {
        fsync_directory(directory);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found)
            throw;
    }
}

} // namespace aic::cache

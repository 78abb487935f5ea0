// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace aic::cache {

/// fsync of a directory that somebody else may remove beside us: then there is nothing in it to
/// keep.
void sync_unless_gone(const std::filesystem::path& directory);

} // namespace aic::cache

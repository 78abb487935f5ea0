// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <filesystem>

namespace aic::cache {

/// Has the next look-ups in `directory`, and on the way there from the store's root, answered by
/// the file system as it is. Without this NFS says for up to a minute that a directory is still
/// where another node has taken it away. It costs a round trip for each directory on the way.
void look_afresh(const Layout& layout, const std::filesystem::path& directory);

/// Whether there is such an entry of a directory of the store at this moment.
bool is_there(const Layout& layout, const std::filesystem::path& path);

} // namespace aic::cache

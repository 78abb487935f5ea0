// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace aic::testing {

/// A directory with what images hold: small and large files, rests of blocks, holes, links, a
/// directory of many names, and, where the file system has them, attributes.
void make_source_tree(const std::filesystem::path& directory);

} // namespace aic::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace aic::cache {

/// The users whose subtrees count: those that the user owns whose number they bear. Ascending.
std::vector<uid_t> users_of(const Layout& layout);

/// A small file beneath the user's subtree, through directories opened one after the other: NFS
/// asks the server about each, and planted links lead nowhere. Nothing when there is none, or when
/// it is not the user's.
std::optional<std::string> read_beneath(const Layout& layout, const std::filesystem::path& path,
                                        std::uint64_t limit_bytes);

} // namespace aic::cache

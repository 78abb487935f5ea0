// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"
#include "cache/modes.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace aic::cache {

/// Makes a directory beneath the user's subtree with its missing parents. A subtree that is missing
/// is made for nobody else to see: a store is prepared by Store::prepare().
void make_beneath(const Layout& layout, const std::filesystem::path& directory,
                  mode_t mode = k_directory_mode);

/// The users whose subtrees count: those that the user owns whose number they bear. Ascending.
std::vector<uid_t> users_of(const Layout& layout);

/// Whether there is a subtree that the user owns whose number it bears. Anybody may have put
/// another one there.
bool belongs_to_its_user(const Layout& layout);

/// What stands in a file's place and is not the user's own ordinary file.
enum class Foreign {
    ignored, ///< as if there were nothing
    refused, ///< Error(integrity): it must not be taken for gone
};

/// A small file beneath the user's subtree, through directories opened one after the other: NFS
/// asks the server about each, and planted links lead nowhere. Nothing when there is none.
std::optional<std::string> read_beneath(const Layout& layout, const std::filesystem::path& path,
                                        std::uint64_t limit_bytes,
                                        Foreign foreign = Foreign::ignored);

/// Whether the path is an ordinary file of the user's in directories of his own.
bool is_file_beneath(const Layout& layout, const std::filesystem::path& path);

} // namespace aic::cache

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/credentials.hpp"

#include <filesystem>
#include <string_view>

namespace aic::registry {

/// Writes the credentials for a registry into enroot's file at `path`, made when it is missing:
/// mode 0600, whole and renamed, other entries untouched. Throws Error(usage) when the file's
/// format cannot hold them.
void save_credentials(const std::filesystem::path& path, std::string_view registry,
                      const Credentials& credentials);

/// Takes the registry's entries out of the file; with a `user`, that one's only. False when there
/// are none.
bool remove_credentials(const std::filesystem::path& path, std::string_view registry,
                        std::string_view user);

} // namespace aic::registry

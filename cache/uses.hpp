// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace aic::cache {

/// Remembers that the caller was given the path of this image just now. That a store can not be
/// written is no failure: it is told at debug level.
void note_use(const Layout& layout, const ImageId& id, std::string_view variant) noexcept;

/// When a user last did, in Unix time; nothing when never.
std::optional<std::int64_t> last_use(const Layout& layout, const ImageId& id,
                                     std::string_view variant);

/// When any of the users last did.
std::optional<std::int64_t> last_use_of_any(const Layout& layout, const std::vector<uid_t>& users,
                                            const ImageId& id, std::string_view variant);

/// The same of all images at once: only what was used is looked at.
std::map<ImageKey, std::int64_t> last_uses(const Layout& layout, const std::vector<uid_t>& users);

/// The files of the caller's uses whose image is neither in the store, whoever has it there, nor in
/// his trash.
std::vector<std::filesystem::path> stale_uses(const Layout& layout);

} // namespace aic::cache

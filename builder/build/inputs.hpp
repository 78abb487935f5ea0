// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>

namespace aic::build {

/// More than that is not read for a key, and not shown to steps either.
inline constexpr std::uint64_t k_max_input_bytes = 64 << 20;
inline constexpr std::uint64_t k_max_input_files = 20'000;

struct InputTag;
using InputDigest = Sha256<InputTag>; ///< of names, permissions and contents

/// The digest of a file or directory, however large.
InputDigest digest_of_path(const std::filesystem::path& path, std::stop_token stop);

/// The digest of all that is in the project directory: regular files with their contents, symlinks
/// with what they lead to, directories; but for the paths that are left out. Nothing when it holds
/// more than the limits.
std::optional<InputDigest> digest_of_directory(const std::filesystem::path& directory,
                                               std::span<const std::filesystem::path> left_out,
                                               std::stop_token stop);

} // namespace aic::build

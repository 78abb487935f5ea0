// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/fault.hpp"
#include "cache/layout.hpp"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <vector>

namespace aic::cache {

/// How closely an image is looked at.
enum class Depth {
    layout,  ///< records, sizes and places; no file's contents
    contents ///< every byte of every file
};

/// What the check of one image found.
struct CheckedImage {
    std::vector<Fault> faults;
    std::uint64_t size_bytes = 0; ///< of its file
};

/// Compares an image with its record, and the record with where it stands and with itself. All that
/// is wrong is told, not only the first. An image that is taken away meanwhile has no faults.
/// Throws Error(interrupted) only.
CheckedImage check_image(const Layout& layout, const std::filesystem::path& directory, Depth depth,
                         std::stop_token stop);

} // namespace aic::cache

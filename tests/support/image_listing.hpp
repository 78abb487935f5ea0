// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/listing.hpp"

#include <filesystem>
#include <string>

namespace aic::testing {

/// What our own reader finds in an image, contents included.
Listing listing_of_image(const std::filesystem::path& image);
/// What stands in a directory of this machine.
Listing listing_of_directory(const std::filesystem::path& directory);
/// True when `unsquashfs` unpacked the image into `directory`, which must not be there yet.
bool unsquash(const std::filesystem::path& image, const std::filesystem::path& directory);

/// Runs a shell command, its output thrown away; true when it succeeded.
bool succeeds(const std::string& command);
/// True when such a program can be run here.
bool has_program(const std::string& name);

} // namespace aic::testing

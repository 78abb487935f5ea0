// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/image_reader.hpp"
#include "oci/platform.hpp"

#include <optional>
#include <span>

namespace aic::foreign {

/// The architecture that an ELF file is for, by its first bytes; nothing when it is none, or for a
/// machine that OCI has no word for.
std::optional<oci::Platform> platform_of_elf(std::span<const std::byte> first_bytes);

/// What the programs of an image are for: those that every image has first, then whatever is in
/// its directories for programs. Nothing when there are none.
std::optional<oci::Platform> guess_platform(squashfs::ImageReader& image);

} // namespace aic::foreign

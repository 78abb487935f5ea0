// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace aic::cache {

/// What a user has in a store is for all to read who get as far as his subtree: the directories
/// above it say who does (docs/formats/store.md).
inline constexpr mode_t k_directory_mode = 0755;
inline constexpr mode_t k_file_mode = 0644;
inline constexpr mode_t k_image_mode = 0444; ///< also of what lies beside the image

/// Of what is nobody else's business: work directories, the reserve, private images.
inline constexpr mode_t k_private_directory_mode = 0700;
inline constexpr mode_t k_private_file_mode = 0600;
inline constexpr mode_t k_private_image_mode = 0400;

} // namespace aic::cache

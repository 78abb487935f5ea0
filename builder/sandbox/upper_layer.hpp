// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/disk_entry.hpp"
#include "core/bytes.hpp"

#include <filesystem>

namespace aic::sandbox {

/// Writes what the upper directory of an overlay (mounted with "userxattr") holds as the tar of a
/// layer: its whiteouts and opaque directories as OCI has them, names sorted as bytes, times in
/// whole seconds, hardlinks to the first of their names. Of the extended attributes "user.*" go in,
/// without overlayfs' own, and "security.capability". Changes the working directory. The same
/// content gives the same bytes.
void write_upper_layer(const std::filesystem::path& upper, Sink& sink,
                       const layers::LeftOut& left_out);

} // namespace aic::sandbox

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/layer_index.hpp"
#include "builder/squashfs/image_reader.hpp"
#include "builder/squashfs/image_tables.hpp"

#include <cstdint>

/// Squashfs files that others made.
namespace aic::foreign {

/// The image as one layer: its tree, sorted, parents first, and its data area as a segment that
/// begins at the file's first byte and ends where the tables begin. So places in the segment are
/// places in the file, and a segment that is copied to a multiple of 4 KiB can share its blocks
/// with the file. Diff id and the segment's hash are left to whoever reads the bytes.
///
/// The image may be hostile: what ImageReader does not check is checked here, and Error(integrity)
/// names the path. Sockets, which no layer can hold, are left out.
layers::LayerIndex read_layer(squashfs::ImageReader& image);

/// Where the data area ends. Throws Error(integrity) when that is outside the image.
std::uint64_t data_bytes(const squashfs::Superblock& superblock);

/// For the superblock of an image that is built upon this one.
squashfs::ForeignCompressor compressor_of(squashfs::ImageReader& image);

} // namespace aic::foreign

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/layer_index.hpp"
#include "builder/squashfs/block_lane.hpp"
#include "builder/squashfs/segment_writer.hpp"
#include "core/progress.hpp"
#include "oci/descriptor.hpp"
#include "registry/image_source.hpp"

#include <filesystem>
#include <stop_token>

namespace aic::builder {

/// A layer's blob, ready to be read.
struct LayerBlob {
    registry::BlobFile file;
    oci::Descriptor descriptor;
    DiffId diff_id; ///< what the image config says the tar's digest is
    ProgressItem* progress = nullptr;
};

/// Streams a layer once, through hash, inflate and tar parser, into a segment at `target`. Both
/// digests are checked: a blob or a tar that is not what it should be throws Error(integrity), and
/// what was written then is worthless. The bytes of the segment depend on the layer, the
/// compression and the block size alone.
layers::LayerIndex convert_layer(const LayerBlob& blob, const squashfs::SegmentTarget& target,
                                 squashfs::CompressorPool& pool, std::stop_token stop);

/// A layer that was made here, and how long its tar was.
struct ConvertedTar {
    layers::LayerIndex layer;
    std::uint64_t tar_bytes = 0;
};

/// The same for a tar that comes, uncompressed, out of a pipe or file and whose diff id nobody
/// knows yet.
ConvertedTar convert_tar(int fd, const squashfs::SegmentTarget& target,
                         squashfs::CompressorPool& pool, std::stop_token stop);

} // namespace aic::builder

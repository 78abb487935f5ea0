// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/image_file.hpp"
#include "builder/layers/layer_index.hpp"
#include "builder/profile.hpp"
#include "builder/squashfs/block_lane.hpp"
#include "builder/squashfs/segment_committer.hpp"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace aic::builder {

/// The profile's files, as one more layer on top: they merge by the same rules as any other.
std::shared_ptr<const layers::LayerIndex> generate_layer(const std::vector<GeneratedFile>& files,
                                                         std::int64_t mtime_seconds,
                                                         const squashfs::SegmentTarget& target,
                                                         squashfs::CompressorPool& pool,
                                                         std::stop_token stop);

/// What merge_layers() takes.
std::vector<std::shared_ptr<const layers::LayerIndex>>
layers_of(const std::vector<ImageFile::Segment>& segments);

} // namespace aic::builder

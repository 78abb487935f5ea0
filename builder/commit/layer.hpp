// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/library.hpp"
#include "core/config.hpp"
#include "core/progress.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace aic::commit {

struct LayerRequest {
    cache::StoredImage base; ///< that the changes were made in
    std::string base_name;   ///< that the image file's name begins with
    std::string from;        ///< what they were made by, as the image's history shall have it
    unsigned threads = 1;    ///< that compress
};

struct CommittedLayer {
    cache::StoredImage image;
    std::uint64_t layer_bytes = 0; ///< that the changes add to it
};

/// Makes an image of a base and a layer of changes, a tar that is read from its descriptor to its
/// end. In a lab's store the image is the caller's alone: what lies in a container may be keys,
/// tokens, a home.
CommittedLayer commit_layer(const LayerRequest& request, int tar_fd, const Config& config,
                            Progress* progress, std::stop_token stop);

/// The same of a tar that comes through a pipe; nothing where it is empty.
std::optional<CommittedLayer> commit_stream(const LayerRequest& request, int pipe,
                                            const Config& config, std::stop_token stop);

} // namespace aic::commit

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/commit/changes.hpp"
#include "cache/library.hpp"
#include "core/config.hpp"
#include "core/progress.hpp"

#include <optional>
#include <stop_token>
#include <string>

namespace aic::commit {

struct CommitRequest {
    std::filesystem::path container; ///< its root directory
    std::string container_name;      ///< as the image's history shall have it
    cache::StoredImage base;         ///< that it was made from
    std::string base_name;           ///< that the image file's name begins with
    Compare compare = Compare::where_written;
    unsigned threads = 1; ///< that compress
};

struct CommitResult {
    Changes changes;
    std::uint64_t layer_bytes = 0; ///< that they add to the image
    /// Nothing when the container is as the base is.
    std::optional<cache::StoredImage> image;
};

/// Makes an image of what the container has otherwise than its base: a layer upon that image's,
/// which are taken over as they are. The container stays as it is. Throws Error(busy) when it
/// changes meanwhile.
CommitResult commit_container(const CommitRequest& request, const Config& config,
                              Progress* progress, std::stop_token stop);

} // namespace aic::commit

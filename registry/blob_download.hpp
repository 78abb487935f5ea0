// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/client.hpp"
#include "registry/image_source.hpp"
#include "registry/retry.hpp"

namespace aic::registry {

/// ImageSource::fetch() for a registry: several blobs at a time in one event loop, each hashed as
/// it streams into the spool. A blob that is wanted twice is downloaded once; one that breaks off,
/// now or in an earlier process, goes on where it was.
void download_blobs(Client& client, std::span<const BlobRequest> blobs,
                    const std::filesystem::path& spool, const BlobReady& ready,
                    std::stop_token stop, const RetryPolicy& policy = {});

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/image_source.hpp"
#include "registry/places.hpp"

namespace aic::registry {

/// ImageSource::fetch() for a registry: several blobs at a time in one event loop, large ones in
/// pieces over several connections, each hashed as it arrives in the spool. A blob that is wanted
/// twice is downloaded once; one that broke off in an earlier process goes on where it was.
/// What a mirror cannot give comes from the next place; what came of a blob is not fetched again.
FetchedBytes download_blobs(Places& places, std::span<const BlobRequest> blobs,
                            const std::filesystem::path& spool, const BlobReady& ready,
                            std::stop_token stop);

} // namespace aic::registry

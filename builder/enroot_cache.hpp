// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "registry/image_source.hpp"

#include <filesystem>
#include <optional>

namespace aic::builder {

/// The layers that enroot keeps (docs/formats/enroot-cache.md): one file each, named by the digest
/// of the blob as it was served, and holding the layer's tar compressed anew. So the digest in the
/// name says nothing about the bytes: only the diff id, the digest of the tar within, can be
/// checked, and whoever reads such a file has to.
class EnrootCache {
public:
    /// A directory that is not there, or that others than the caller and root may write in, is as
    /// an empty one.
    explicit EnrootCache(const std::filesystem::path& directory);

    /// $ENROOT_CACHE_PATH, else $XDG_CACHE_HOME/enroot, else ~/.cache/enroot.
    static std::filesystem::path default_directory(const Environment& environment);

    struct Layer {
        registry::BlobFile file;    ///< Verified::yes: what is left to check is the diff id
        oci::Descriptor descriptor; ///< of what is in the file, but for the digest, which stays
    };

    /// The layer, if it is there as a regular file that nobody but the caller and root can change.
    std::optional<Layer> find(const oci::Descriptor& layer) const;

private:
    std::filesystem::path path_;
    Fd directory_;
};

} // namespace aic::builder

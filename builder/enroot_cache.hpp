// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "registry/image_source.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <stop_token>

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

    /// Whether the directory is there, and nobody but the caller and root may write in it.
    bool is_usable() const { return static_cast<bool>(directory_); }

    /// The layer, unless it was left out, if it is there as a regular file that nobody but the
    /// caller and root can change.
    std::optional<Layer> find(const oci::Descriptor& layer) const;

    /// Reads the file of a layer to its end. What is wrong with it, when it does not hold the tar
    /// of this diff id; that is what a conversion finds out by itself, without saying whose fault
    /// it is.
    std::optional<std::string> fault_of(const Layer& layer, const DiffId& diff_id,
                                        std::stop_token stop) const;

    /// From now on as if it were not there.
    void leave_out(const oci::Descriptor& layer) { left_out_.insert(layer.digest); }

private:
    std::filesystem::path path_;
    Fd directory_;
    std::set<Digest> left_out_;
};

} // namespace aic::builder

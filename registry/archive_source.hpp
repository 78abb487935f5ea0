// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/reference.hpp"
#include "registry/image_source.hpp"

#include <filesystem>
#include <memory>

namespace aic::registry {

/// An image in a tar: an OCI layout, or what `docker save` writes. The tar is opened when it is
/// needed first; standard input is read then, once. What lies in the tar is used where it lies.
class ArchiveSource final : public ImageSource {
public:
    /// `spool` is where standard input is copied to if it has to be.
    ArchiveSource(oci::ArchiveReference reference, std::filesystem::path spool)
        : reference_(std::move(reference))
        , spool_(std::move(spool)) {}

    Digest current_digest(const oci::Platform& platform, std::stop_token stop) override;
    ResolvedImage resolve(const oci::Platform& platform, std::stop_token stop) override;
    std::string config_json(const oci::Descriptor& config, std::stop_token stop) override;
    FetchedBytes fetch(std::span<const BlobRequest> blobs, const std::filesystem::path& spool,
                       const BlobReady& ready, std::stop_token stop) override;

private:
    ImageSource& opened(std::stop_token stop);

    const oci::ArchiveReference reference_;
    const std::filesystem::path spool_;
    std::unique_ptr<ImageSource> image_;
};

} // namespace aic::registry

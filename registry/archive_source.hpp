// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/reference.hpp"
#include "registry/image_source.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace aic::registry {

/// An image in a tar: an OCI layout, or what `docker save` writes. Throws Error(not_found) when it
/// is neither. What lies in the tar is used where it lies; `spool` is where standard input is
/// copied to if it has to be.
std::unique_ptr<ImageSource> open_archive(const oci::ArchiveReference& reference,
                                          const std::filesystem::path& spool, std::stop_token stop);

/// A source that is opened when it is needed first: what is read once is not read in vain.
class ArchiveSource final : public ImageSource {
public:
    using Open = std::function<std::unique_ptr<ImageSource>(std::stop_token)>;

    explicit ArchiveSource(Open open) : open_(std::move(open)) {}

    Digest current_digest(const oci::Platform& platform, std::stop_token stop) override;
    ResolvedImage resolve(const oci::Platform& platform, std::stop_token stop) override;
    std::string config_json(const oci::Descriptor& config, std::stop_token stop) override;
    FetchedBytes fetch(std::span<const BlobRequest> blobs, const std::filesystem::path& spool,
                       const BlobReady& ready, std::stop_token stop) override;

private:
    ImageSource& opened(std::stop_token stop);

    const Open open_;
    std::unique_ptr<ImageSource> image_;
};

} // namespace aic::registry

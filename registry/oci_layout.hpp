// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/fd.hpp"
#include "registry/image_source.hpp"
#include "registry/resolver.hpp"

namespace aic::registry {

/// An image in an OCI image layout on disk (image-spec, image-layout.md). Blobs are used where they
/// are.
class LayoutSource final : public ImageSource {
public:
    explicit LayoutSource(oci::LayoutReference reference) : reference_(std::move(reference)) {}

    /// Of the first entry, where a tag stands for one image per platform.
    Digest current_digest(std::stop_token stop) override;
    ResolvedImage resolve(const oci::Platform& platform, std::stop_token stop) override;
    std::string config_json(const oci::Descriptor& config, std::stop_token stop) override;
    void fetch(std::span<const BlobRequest> blobs, const std::filesystem::path& spool,
               const BlobReady& ready, std::stop_token stop) override;

private:
    /// The entries of index.json that the reference means: one, or one per platform.
    oci::Index entries() const;
    ServedDocument document(const oci::Descriptor& descriptor) const;
    std::filesystem::path blob_path(const Digest& digest) const;
    Fd open_blob(const oci::Descriptor& descriptor) const;
    std::string read_blob(const oci::Descriptor& descriptor, std::uint64_t limit_bytes) const;

    const oci::LayoutReference reference_;
};

} // namespace aic::registry

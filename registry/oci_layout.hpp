// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/layout_files.hpp"
#include "registry/resolver.hpp"

#include <memory>
#include <optional>
#include <string>

namespace aic::registry {

/// The index.json of an OCI image layout. Throws Error(integrity).
oci::Index read_layout_index(const LayoutFiles& files);
/// Where a layout has a blob.
std::string layout_path(const Digest& digest);
/// A layout's blob, of that size. Its bytes are not checked.
BlobFile open_layout_blob(const LayoutFiles& files, const oci::Descriptor& descriptor);
/// The verified bytes of a small blob.
std::string read_layout_blob(const LayoutFiles& files, const oci::Descriptor& descriptor,
                             std::uint64_t limit_bytes);

/// An image in an OCI image layout (image-spec, image-layout.md), on disk or in an archive. Blobs
/// are used where they are.
class LayoutSource final : public ImageSource {
public:
    explicit LayoutSource(const oci::LayoutReference& reference);

    /// `reference` is for messages.
    LayoutSource(std::shared_ptr<const LayoutFiles> files, std::string reference,
                 std::optional<std::string> tag)
        : files_(std::move(files))
        , reference_(std::move(reference))
        , tag_(std::move(tag)) {}

    /// Of the platform's entry, where a tag stands for one image per platform.
    Digest current_digest(const oci::Platform& platform, std::stop_token stop) override;
    ResolvedImage resolve(const oci::Platform& platform, std::stop_token stop) override;
    std::string config_json(const oci::Descriptor& config, std::stop_token stop) override;
    FetchedBytes fetch(std::span<const BlobRequest> blobs, const std::filesystem::path& spool,
                       const BlobReady& ready, std::stop_token stop) override;

private:
    /// The entries of index.json that the reference means: one, or one per platform.
    oci::Index entries() const;
    ServedDocument document(const oci::Descriptor& descriptor) const;

    const std::shared_ptr<const LayoutFiles> files_;
    const std::string reference_;
    const std::optional<std::string> tag_;
};

} // namespace aic::registry

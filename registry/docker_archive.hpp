// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/layout_files.hpp"
#include "registry/resolver.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace aic::registry {

/// An image in an archive as `docker save` writes it, which manifest.json is the table of. Docker
/// 25 and later add the index of an OCI layout: then the image's own manifest is used. Else one is
/// made up: there is none for what lies in the archive, whose layers are mostly not compressed.
class DockerArchiveSource final : public ImageSource {
public:
    /// `tag` is a canonical reference; without it the only image is meant.
    DockerArchiveSource(std::shared_ptr<const LayoutFiles> files, std::optional<std::string> tag)
        : files_(std::move(files))
        , tag_(std::move(tag)) {}

    Digest current_digest(const oci::Platform& platform, std::stop_token stop) override;
    /// There is but one image of a name, whatever its platform.
    ResolvedImage resolve(const oci::Platform& platform, std::stop_token stop) override;
    std::string config_json(const oci::Descriptor& config, std::stop_token stop) override;
    FetchedBytes fetch(std::span<const BlobRequest> blobs, const std::filesystem::path& spool,
                       const BlobReady& ready, std::stop_token stop) override;

private:
    struct Image {
        ResolvedImage resolved;
        std::string config_json;
        std::map<Digest, BlobFile> layers;
    };

    /// Read when it is asked for first.
    const Image& image(std::stop_token stop);
    Image read_image(std::stop_token stop) const;
    std::string read_config(const std::string& path) const;
    /// The manifest that names this config, from the index of Docker 25 and later.
    std::optional<ServedDocument> own_manifest(const Digest& config) const;
    /// A layer that no manifest describes.
    std::pair<oci::Descriptor, BlobFile> layer(const std::string& path, const DiffId& diff_id,
                                               std::stop_token stop) const;

    const std::shared_ptr<const LayoutFiles> files_;
    const std::optional<std::string> tag_;
    std::optional<Image> image_;
};

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/image_source.hpp"
#include "registry/places.hpp"

namespace aic::registry {

/// An image in a registry, or wherever the site says that it is.
class RegistrySource final : public ImageSource {
public:
    RegistrySource(const oci::RegistryReference& reference, const Config& config,
                   const Environment& environment, const RetryPolicy& retry_policy = {})
        : reference_(reference)
        , config_(config)
        , environment_(environment)
        , retry_policy_(retry_policy)
        , places_(reference, config, environment, retry_policy) {}

    Digest current_digest(const oci::Platform& platform, std::stop_token stop) override;
    ResolvedImage resolve(const oci::Platform& platform, std::stop_token stop) override;
    bool is_public(const ResolvedImage& image, std::stop_token stop) override;
    std::string config_json(const oci::Descriptor& config, std::stop_token stop) override;
    FetchedBytes fetch(std::span<const BlobRequest> blobs, const std::filesystem::path& spool,
                       const BlobReady& ready, std::stop_token stop) override;

private:
    const oci::RegistryReference reference_;
    const Config config_;
    const Environment environment_;
    const RetryPolicy retry_policy_;
    Places places_;
};

} // namespace aic::registry

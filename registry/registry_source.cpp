// SPDX-License-Identifier: Apache-2.0
#include "registry/registry_source.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "registry/blob_download.hpp"

namespace aic::registry {

Digest RegistrySource::current_digest(const oci::Platform& /*platform*/, std::stop_token stop) {
    return places_.ask([&](Client& client) { return client.head_manifest(stop); });
}

ResolvedImage RegistrySource::resolve(const oci::Platform& platform, std::stop_token stop) {
    auto first = places_.ask([&](Client& client) { return client.get_manifest(stop); });
    return in_context([&] { return fmt::format("resolving {}", reference_.str()); },
                      [&] {
                          return follow(std::move(first), platform,
                                        [&](const oci::Descriptor& descriptor) {
                                            return places_.ask([&](Client& client) {
                                                return client.get_manifest(descriptor, stop);
                                            });
                                        });
                      });
}

bool RegistrySource::is_public(const ResolvedImage& image, std::stop_token stop) {
    if (!places_.use_credentials())
        return true;
    auto reference = reference_;
    reference.digest = image.index_or_manifest;
    Client anybody(locate(reference, config_, environment_).back(), environment_, retry_policy_,
                   std::make_shared<Transport>(), Identity::anonymous);
    try {
        return anybody.may_get_manifest(stop);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted)
            throw;
        debug("{} is not for everybody: {}", reference_.str(), error.message());
        return false;
    }
}

std::string RegistrySource::config_json(const oci::Descriptor& config, std::stop_token stop) {
    return places_.ask(
        [&](Client& client) { return client.get_blob(config, k_max_config_bytes, stop); });
}

FetchedBytes RegistrySource::fetch(std::span<const BlobRequest> blobs,
                                   const std::filesystem::path& spool, const BlobReady& ready,
                                   std::stop_token stop) {
    return download_blobs(places_, blobs, spool, ready, stop);
}

} // namespace aic::registry

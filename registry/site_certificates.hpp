// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "registry/tls_settings.hpp"

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace aic::registry {

/// What a directory certs.d/HOST[:PORT] of containers' tools or of Docker holds.
struct SiteCertificates {
    /// Those of a client.
    struct Pair {
        std::filesystem::path certificate; ///< NAME.cert
        std::filesystem::path key;         ///< NAME.key
    };

    std::filesystem::path directory;
    std::vector<std::filesystem::path> authorities; ///< *.crt, which are trusted for this registry
    std::vector<Pair> pairs;
};

/// The first of the user's and the site's directories for a registry that is there. `root` stands
/// for "/" in tests. Throws Error(usage) where a certificate is without its key, or a key without
/// its certificate.
std::optional<SiteCertificates> find_site_certificates(std::string_view registry,
                                                       const Environment& environment,
                                                       const std::filesystem::path& root = "/");

/// The certificates for a registry: the authorities of SSL_CERT_FILE or else the system's, and what
/// the site added. Throws Error(denied) when others may read the client's key.
TlsSettings load_tls_settings(std::string_view registry, const Environment& environment,
                              const std::filesystem::path& root = "/");

} // namespace aic::registry

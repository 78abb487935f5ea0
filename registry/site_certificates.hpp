// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "core/fd.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// What a directory certs.d/HOST[:PORT] of containers' tools or of Docker holds.
struct SiteCertificates {
    std::filesystem::path directory;
    std::vector<std::filesystem::path> authorities; ///< *.crt, which are trusted for this registry
    bool has_client_certificate = false;            ///< *.cert; not used yet
};

/// The first of the user's and the site's directories for a registry that is there. `root` stands
/// for "/" in tests.
std::optional<SiteCertificates> find_site_certificates(std::string_view registry,
                                                       const Environment& environment,
                                                       const std::filesystem::path& root = "/");

/// The authorities to trust for one registry: those of SSL_CERT_FILE or else the system's, and
/// those that the site added.
class TrustedAuthorities {
public:
    TrustedAuthorities(std::string_view registry, const Environment& environment,
                       const std::filesystem::path& root = "/");

    /// A PEM file, there while this object lives; "" for the system's alone.
    const std::string& file() const { return file_; }

private:
    Fd bundle_; ///< a file without a name, when there is more than one
    std::string file_;
};

} // namespace aic::registry

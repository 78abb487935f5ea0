// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/fd.hpp"
#include "registry/secret.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace aic::registry {

/// Who we are to a registry that asks its clients for certificates.
struct ClientCertificate {
    std::filesystem::path file; ///< PEM, with what leads to an authority
    Secret key;                 ///< PEM
};

/// The certificates of the connections to one place.
struct TlsSettings {
    std::string authorities_file = {}; ///< PEM, there while this lives; "" for the system's alone
    std::optional<ClientCertificate> client = {};
    bool is_checked = true; ///< false: whatever certificate the origin shows is taken
    Fd bundle = {};         ///< a file without a name, where `authorities_file` is more than one
};

} // namespace aic::registry

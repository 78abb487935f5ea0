// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "registry/tls_settings.hpp"
#include "registry/url.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// How a registry is spoken to.
struct Address {
    Url url;
    TlsSettings tls;
    std::chrono::milliseconds waited{}; ///< for an answer over TLS, in vain
};

/// With checked TLS, except for loopback, which is spoken to plainly, and registries that the
/// settings name as insecure ("host[:port]", or the host alone). Those are asked first whether they
/// speak TLS, whose certificate is then not checked; those that do not are spoken to plainly.
Address address_of(std::string_view registry, const std::vector<std::string>& insecure_registries,
                   const Environment& environment);

} // namespace aic::registry

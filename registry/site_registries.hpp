// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "registry/site_registry.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// What the user or the site says of registries in the files of containers' tools: the user's
/// registries.conf and registries.conf.d, or where he has no such file the site's and what both
/// directories add. `root` stands for "/" in tests. A file that is wrong throws Error(usage) with
/// its path.
std::vector<SiteRegistry> load_site_registries(const Environment& environment,
                                               const std::filesystem::path& root = "/");

/// The registries that may be asked without TLS, by our own settings and, for this one, which may
/// be a mirror, by the site's.
std::vector<std::string> insecure_registries(std::string_view registry, const Config& config,
                                             const Environment& environment);

/// Throws Error(denied) when the site blocks all of a registry.
void require_allowed(std::string_view registry, const Environment& environment);

/// Where a repository is, and whether it may be asked without TLS.
struct LocatedRepository {
    oci::RegistryReference reference;
    std::vector<std::string> insecure_registries; ///< "host[:port]"
    bool is_mirror = false;
};

/// By our own settings and those of the site, in the order in which the places are asked: the
/// mirrors for this reference, and last the registry. Throws Error(denied) when the site blocks it.
std::vector<LocatedRepository> locate(const oci::RegistryReference& reference, const Config& config,
                                      const Environment& environment);

} // namespace aic::registry

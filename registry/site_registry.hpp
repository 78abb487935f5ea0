// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"
#include "oci/reference.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// For which references a mirror is asked.
enum class MirrorUse { always, by_digest, by_tag };

/// What a site says of all references that begin with `prefix`, a [[registry]] of a registries.conf
/// (containers-registries.conf(5)).
struct SiteRegistry {
    /// Another place that has the same repositories.
    struct Mirror {
        std::string location;
        bool insecure = false;
        MirrorUse use = MirrorUse::always;
    };

    std::string prefix;   ///< "host[:port][/path[:tag|@digest]]", or "*.domain" for hosts within
    std::string location; ///< stands in the place of the prefix; "" when nothing does
    bool insecure = false;
    bool blocked = false;
    std::vector<Mirror> mirrors; ///< in the order in which they are asked

    bool is_wildcard() const { return prefix.starts_with("*."); }

    /// How much of "host[:port]/repository[:tag|@digest]" a location stands in the place of;
    /// nothing when the settings are not for it.
    std::optional<std::size_t> matched_bytes(std::string_view name) const;
};

/// "host[:port]/repository:tag", or with "@digest": what prefixes are compared with.
std::string full_name(const oci::RegistryReference& reference);

/// The one whose prefix is the longest; null when there is none for the name.
const SiteRegistry* find_registry(const std::vector<SiteRegistry>& registries,
                                  std::string_view name);

/// What is said of one that is blocked.
Error blocked_error(const SiteRegistry& registry);

/// The reference as it is called where `registry` has it. Throws Error(denied) when it is blocked.
oci::RegistryReference relocated(const oci::RegistryReference& reference,
                                 const SiteRegistry& registry);
/// The same for one of its mirrors. A user who is named is one of the registry, not of a mirror.
oci::RegistryReference mirrored(const oci::RegistryReference& reference,
                                const SiteRegistry& registry, const SiteRegistry::Mirror& mirror);

/// Whether a mirror is asked for this reference.
bool is_for(const SiteRegistry::Mirror& mirror, const oci::RegistryReference& reference);

} // namespace aic::registry

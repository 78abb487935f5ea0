// SPDX-License-Identifier: Apache-2.0
#include "registry/site_registry.hpp"

#include "core/error.hpp"
#include "core/printable.hpp"

#include <utility>

namespace aic::registry {

namespace {

/// Of two prefixes that are as long, the one without a wildcard says more.
std::pair<std::size_t, bool> weight(const SiteRegistry& registry) {
    return {registry.prefix.size(), !registry.is_wildcard()};
}

/// Checked like a reference that a user writes: a location is part of every request's address.
oci::RegistryReference parse_place(const std::string& place) {
    const auto slash = place.find('/');
    const auto parsed = oci::Reference::parse(
        fmt::format("{}#{}", place.substr(0, slash),
                    slash == std::string::npos ? "" : place.substr(slash + 1)));
    if (!parsed.registry()) // "oci:", "docker-archive:"
        throw Error(ErrorKind::usage, "'{}' is not in a registry", printable(place));
    return *parsed.registry();
}

/// The reference with `location` in the place of what the prefix stands for.
oci::RegistryReference moved_to(const std::string& location,
                                const oci::RegistryReference& reference,
                                const SiteRegistry& registry) {
    const auto name = full_name(reference);
    const auto place = location + name.substr(registry.matched_bytes(name).value_or(0));
    const auto parsed =
        in_context([&] { return fmt::format("taking '{}' for the location", printable(location)); },
                   [&] { return parse_place(place); });
    auto moved = reference;
    moved.registry = parsed.registry;
    moved.repository = parsed.repository;
    moved.digest = parsed.digest;
    if (!moved.digest)
        moved.tag = parsed.tag;
    return moved;
}

} // namespace

std::optional<std::size_t> SiteRegistry::matched_bytes(std::string_view name) const {
    const auto host_end = std::min(name.find('/'), name.size());
    if (is_wildcard()) {
        auto host = name.substr(0, host_end);
        if (const auto port = host.rfind(':'); port != std::string_view::npos)
            host = host.substr(0, port);
        const auto domain = std::string_view(prefix).substr(1);
        return host.size() > domain.size() && host.ends_with(domain) ? std::optional(host_end)
                                                                     : std::nullopt;
    }
    if (!name.starts_with(prefix))
        return std::nullopt;
    // What follows a host's name after a colon is another registry's port.
    const std::string_view ends = prefix.size() > host_end ? "/:@" : "/";
    const bool is_whole =
        name.size() == prefix.size() || ends.find(name[prefix.size()]) != std::string_view::npos;
    return is_whole ? std::optional(prefix.size()) : std::nullopt;
}

std::string full_name(const oci::RegistryReference& reference) {
    return fmt::format("{}/{}{}", reference.registry, reference.repository,
                       reference.digest ? "@" + reference.digest->str()
                                        : ":" + reference.tag.value_or("latest"));
}

const SiteRegistry* find_registry(const std::vector<SiteRegistry>& registries,
                                  std::string_view name) {
    const SiteRegistry* best = nullptr;
    for (const auto& registry : registries)
        if (registry.matched_bytes(name) && (!best || weight(registry) > weight(*best)))
            best = &registry;
    return best;
}

Error blocked_error(const SiteRegistry& registry) {
    return Error(ErrorKind::denied, "the site's settings block '{}'", printable(registry.prefix))
        .with_hint("'blocked' in a registries.conf says so: the site's, or one of your own in "
                   "~/.config/containers");
}

oci::RegistryReference relocated(const oci::RegistryReference& reference,
                                 const SiteRegistry& registry) {
    if (registry.blocked)
        throw blocked_error(registry);
    if (registry.location.empty() || registry.location == registry.prefix)
        return reference;
    return moved_to(registry.location, reference, registry);
}

oci::RegistryReference mirrored(const oci::RegistryReference& reference,
                                const SiteRegistry& registry, const SiteRegistry::Mirror& mirror) {
    auto moved = moved_to(mirror.location, reference, registry);
    moved.user.clear();
    return moved;
}

bool is_for(const SiteRegistry::Mirror& mirror, const oci::RegistryReference& reference) {
    return mirror.use == MirrorUse::always
           || (mirror.use == MirrorUse::by_digest) == reference.digest.has_value();
}

} // namespace aic::registry

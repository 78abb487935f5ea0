// SPDX-License-Identifier: Apache-2.0
#include "registry/site_registries.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "registry/registries_conf.hpp"

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::registry {

namespace {

constexpr std::uint64_t k_max_file_bytes = 1 << 20;

/// Adds the file's registries; one with a prefix that is there takes its place.
void add_file(const fs::path& path, std::vector<SiteRegistry>& registries) {
    const auto text = read_file_if_exists(path, k_max_file_bytes);
    if (!text)
        return;
    const auto more = in_context([&] { return fmt::format("reading '{}'", path.native()); },
                                 [&] { return parse_registries_conf(*text); });
    for (const auto& registry : more) {
        std::erase_if(registries,
                      [&](const SiteRegistry& other) { return other.prefix == registry.prefix; });
        registries.push_back(registry);
    }
}

/// In the order of the names.
void add_directory(const fs::path& directory, std::vector<SiteRegistry>& registries) {
    for (const auto& path : entries_of(directory))
        if (path.extension() == ".conf")
            add_file(path, registries);
}

} // namespace

std::vector<SiteRegistry> load_site_registries(const Environment& environment,
                                               const fs::path& root) {
    const auto site = root / "etc/containers";
    const auto config_home = environment("XDG_CONFIG_HOME");
    const auto user =
        (config_home ? fs::path(*config_home) : home_directory(environment) / ".config")
        / "containers";
    const auto chosen = environment("CONTAINERS_REGISTRIES_CONF");
    std::error_code ignored;
    const bool has_own = !chosen && fs::exists(user / "registries.conf", ignored);

    if (chosen && !fs::exists(*chosen, ignored))
        throw Error(ErrorKind::not_found,
                    "there is no '{}', which CONTAINERS_REGISTRIES_CONF names", *chosen);
    std::vector<SiteRegistry> registries;
    add_file(chosen ? fs::path(*chosen) : (has_own ? user : site) / "registries.conf", registries);
    // Who has a file of his own has nothing of the site's, as podman has it.
    if (!has_own)
        add_directory(site / "registries.conf.d", registries);
    add_directory(user / "registries.conf.d", registries);
    return registries;
}

std::vector<std::string> insecure_registries(std::string_view registry, const Config& config,
                                             const Environment& environment) {
    auto insecure = config.insecure_registries.value;
    const auto registries = load_site_registries(environment);
    const auto is_insecure_here = [&](const SiteRegistry::Mirror& mirror) {
        return mirror.insecure && mirror.location.substr(0, mirror.location.find('/')) == registry;
    };
    const auto has_insecure_mirror_here = [&](const SiteRegistry& other) {
        return std::ranges::any_of(other.mirrors, is_insecure_here);
    };
    const auto* found = find_registry(registries, registry);
    if ((found && found->insecure) || std::ranges::any_of(registries, has_insecure_mirror_here))
        insecure.emplace_back(registry);
    return insecure;
}

void require_allowed(std::string_view registry, const Environment& environment) {
    const auto registries = load_site_registries(environment);
    if (const auto* found = find_registry(registries, registry); found && found->blocked)
        throw blocked_error(*found);
}

std::vector<LocatedRepository> locate(const oci::RegistryReference& reference, const Config& config,
                                      const Environment& environment) {
    const auto registries = load_site_registries(environment);
    const auto* found = find_registry(registries, full_name(reference));
    if (!found)
        return {{reference, config.insecure_registries.value}};
    std::vector<LocatedRepository> places;
    const auto add = [&](const oci::RegistryReference& place, bool is_insecure, bool is_mirror) {
        auto& added = places.emplace_back(
            LocatedRepository{place, config.insecure_registries.value, is_mirror});
        if (is_insecure)
            added.insecure_registries.push_back(place.registry);
        if (place != reference)
            debug("{} is at {}, as the site's settings say", reference.str(), place.str());
    };
    in_context([&] { return reference.str(); },
               [&] {
                   const auto registry = relocated(reference, *found);
                   for (const auto& mirror : found->mirrors)
                       if (is_for(mirror, reference))
                           add(mirrored(reference, *found, mirror), mirror.insecure, true);
                   add(registry, found->insecure, false);
               });
    return places;
}

} // namespace aic::registry

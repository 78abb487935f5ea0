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
    auto insecure = config.insecure_registries;
    const auto registries = load_site_registries(environment);
    if (const auto* found = find_registry(registries, registry); found && found->insecure)
        insecure.emplace_back(registry);
    return insecure;
}

LocatedRepository locate(const oci::RegistryReference& reference, const Config& config,
                         const Environment& environment) {
    LocatedRepository located{reference, config.insecure_registries};
    const auto registries = load_site_registries(environment);
    const auto* found = find_registry(registries, full_name(reference));
    if (!found)
        return located;
    located.reference =
        in_context([&] { return reference.str(); }, [&] { return relocated(reference, *found); });
    if (located.reference != reference)
        debug("{} is at {}, as the site's settings say", reference.str(), located.reference.str());
    if (found->insecure)
        located.insecure_registries.push_back(located.reference.registry);
    return located;
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/environment_credentials.hpp"

#include "core/log.hpp"

#include <array>

namespace aic::registry {

constexpr std::array<const char*, 2> k_ngc_variables = {"NGC_API_KEY", "NGC_CLI_API_KEY"};

static void warn_if_keys_differ(const Environment& environment) {
    const auto first = environment(k_ngc_variables[0]);
    const auto second = environment(k_ngc_variables[1]);
    if (first && second && *first != *second)
        warn("NGC_API_KEY and NGC_CLI_API_KEY hold different keys; NGC_API_KEY is used");
}

static std::optional<Credentials> ngc_key(const Environment& environment) {
    for (const auto* variable : k_ngc_variables)
        if (auto key = environment(variable)) {
            warn_if_keys_differ(environment);
            return Credentials{k_ngc_user, Secret(std::move(*key)), variable};
        }
    return std::nullopt;
}

static std::optional<Credentials> our_variables(const Environment& environment) {
    const auto user = environment("AIC_IMAGE_USERNAME");
    auto password = environment("AIC_IMAGE_PASSWORD");
    if (user.has_value() != password.has_value())
        warn("{} is set and {} is not; neither is used",
             user ? "AIC_IMAGE_USERNAME" : "AIC_IMAGE_PASSWORD",
             user ? "AIC_IMAGE_PASSWORD" : "AIC_IMAGE_USERNAME");
    if (!user || !password)
        return std::nullopt;
    return Credentials{*user, Secret(std::move(*password)),
                       "AIC_IMAGE_USERNAME and AIC_IMAGE_PASSWORD"};
}

std::optional<Credentials> credentials_from_environment(const CredentialQuery& query,
                                                        const Environment& environment) {
    const auto fits = [&](const std::optional<Credentials>& found) {
        return found && (query.user.empty() || query.user == found->user);
    };
    if (is_ngc(query.registry))
        if (auto found = ngc_key(environment); fits(found))
            return found;
    auto found = our_variables(environment);
    return fits(found) ? found : std::nullopt;
}

std::vector<CredentialEntry> environment_entries(const Environment& environment) {
    std::vector<CredentialEntry> entries;
    const auto add = [&](std::string registry, const std::optional<Credentials>& found) {
        if (found)
            entries.push_back(
                {std::move(registry), found->user, CredentialEntry::Kind::password, found->origin});
    };
    add("nvcr.io", ngc_key(environment));
    add("*", our_variables(environment));
    return entries;
}

} // namespace aic::registry

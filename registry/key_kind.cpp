// SPDX-License-Identifier: Apache-2.0
#include "registry/key_kind.hpp"

#include "registry/credentials.hpp"

#include <array>

namespace aic::registry {

struct KnownPrefix {
    std::string_view prefix, kind;
};

constexpr std::array k_known_prefixes = {
    KnownPrefix{"nvapi-", "NGC API key"},
    KnownPrefix{"dckr_pat_", "Docker personal access token"},
    KnownPrefix{"dckr_oat_", "Docker organization access token"},
    KnownPrefix{"ghp_", "GitHub personal access token"},
    KnownPrefix{"github_pat_", "GitHub fine-grained token"},
    KnownPrefix{"gldt-", "GitLab deploy token"},
    KnownPrefix{"glpat-", "GitLab personal access token"},
};

/// Keys from before "nvapi-" are base64 of "org:uuid", 84 characters long.
constexpr std::size_t k_legacy_ngc_key_length = 84;

std::string_view kind_of_key(std::string_view registry, const Secret& secret) {
    const auto& text = secret.reveal();
    for (const auto& known : k_known_prefixes)
        if (text.starts_with(known.prefix))
            return known.kind;
    if (is_ngc(registry) && text.size() == k_legacy_ngc_key_length)
        return "legacy NGC API key";
    return "password";
}

std::string_view where_keys_are_made(std::string_view registry) {
    if (is_ngc(registry))
        return "the user is $oauthtoken, and the password an API key from "
               "https://org.ngc.nvidia.com/setup/api-keys";
    if (registry == "docker.io")
        return "access tokens are made at https://app.docker.com/settings/personal-access-tokens";
    if (without_port(registry) == "ghcr.io")
        return "ghcr.io takes a classic GitHub token with the scope read:packages";
    return "";
}

} // namespace aic::registry

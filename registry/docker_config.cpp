// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"
#include "core/log.hpp"
#include "oci/json.hpp"
#include "oci/printable.hpp"
#include "registry/base64.hpp"
#include "registry/credentials.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace aic::registry {

using nlohmann::json;

namespace {

/// "https://index.docker.io/v1/" is "index.docker.io", "host/path/" is "host/path".
std::string_view without_scheme(std::string_view key) {
    const auto scheme = key.find("://");
    if (scheme != std::string_view::npos)
        key.remove_prefix(scheme + 3);
    while (key.ends_with('/'))
        key.remove_suffix(1);
    for (const std::string_view version : {"/v1", "/v2"})
        if (key.ends_with(version))
            key.remove_suffix(version.size());
    return key;
}

bool covers(std::string_view key, std::string_view host_and_repository) {
    return host_and_repository == key
           || (host_and_repository.starts_with(key) && host_and_repository[key.size()] == '/');
}

std::optional<Credentials> decode(const json& entry, std::string_view key) {
    const auto encoded = oci::string_field(entry, "auth");
    if (encoded.empty()) {
        // Identity tokens, and passwords that a credential helper keeps, are not asked for yet.
        debug("Docker's entry for {} holds no password", oci::printable(key));
        return std::nullopt;
    }
    const auto plain = base64_decode(encoded);
    const auto colon = plain ? plain->find(':') : std::string::npos;
    if (colon == std::string::npos)
        throw Error(ErrorKind::integrity, "'auth' of '{}' is not base64 of user:password",
                    oci::printable(key));
    return Credentials{plain->substr(0, colon), Secret(plain->substr(colon + 1))};
}

} // namespace

bool holds_passwords(std::string_view text) {
    const auto document = oci::parse_json(text);
    if (!oci::find_field(document, "auths"))
        return false;
    const auto& auths = oci::required_object(document, "auths");
    return std::ranges::any_of(auths, [](const json& entry) {
        return oci::find_field(entry, "auth") || oci::find_field(entry, "identitytoken");
    });
}

std::optional<Credentials> credentials_from_docker_config(std::string_view text,
                                                          std::string_view registry,
                                                          std::string_view repository) {
    const auto document = oci::parse_json(text);
    if (!oci::find_field(document, "auths"))
        return std::nullopt;
    std::string_view best_key;
    const json* best = nullptr;
    const auto& auths = oci::required_object(document, "auths");
    for (const auto& host : credential_hosts(registry)) {
        const auto wanted = fmt::format("{}/{}", host, repository);
        for (const auto& [key, entry] : auths.items()) {
            const auto plain_key = without_scheme(key);
            if (!plain_key.empty() && covers(plain_key, wanted)
                && plain_key.size() > best_key.size()) {
                best_key = plain_key;
                best = &entry;
            }
        }
    }
    return best ? decode(*best, best_key) : std::nullopt;
}

} // namespace aic::registry

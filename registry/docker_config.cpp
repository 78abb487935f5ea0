// SPDX-License-Identifier: Apache-2.0
#include "registry/docker_config.hpp"

#include "core/error.hpp"
#include "oci/json.hpp"
#include "oci/printable.hpp"
#include "registry/base64.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace aic::registry {

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

Credentials decode(const std::string& encoded, std::string_view key) {
    const Secret decoded(base64_decode(encoded).value_or(""));
    const auto& plain = decoded.reveal();
    const auto colon = plain.find(':');
    if (colon == std::string::npos)
        throw Error(ErrorKind::integrity, "'auth' of '{}' is not base64 of user:password",
                    oci::printable(key));
    return {plain.substr(0, colon), Secret(plain.substr(colon + 1))};
}

/// The user that `auth` names beside an identity token, if it does.
std::string user_beside_token(const Secret& auth) {
    const Secret decoded(base64_decode(auth.reveal()).value_or(""));
    return decoded.reveal().substr(0, decoded.reveal().find(':'));
}

/// The name becomes part of a program's.
void check_helper(std::string_view name) {
    const bool fits = !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
               || c == '-' || c == '_' || c == '.';
    });
    if (!fits)
        throw Error(ErrorKind::integrity, "'{}' is no name of a credential helper",
                    oci::printable(name, 60));
}

} // namespace

DockerConfig DockerConfig::parse(std::string_view text) {
    const auto document = oci::parse_json(text);
    DockerConfig config;
    if (oci::find_field(document, "auths"))
        for (const auto& [key, entry] : oci::required_object(document, "auths").items()) {
            const auto host = without_scheme(key);
            if (!host.empty())
                config.auths_.insert_or_assign(
                    std::string(host), Entry{Secret(oci::string_field(entry, "auth")),
                                             Secret(oci::string_field(entry, "identitytoken"))});
        }
    if (oci::find_field(document, "credHelpers"))
        for (const auto& [host, name] : oci::required_object(document, "credHelpers").items()) {
            const auto helper = oci::as_string(name, "credHelpers");
            if (helper.empty())
                continue;
            check_helper(helper);
            config.helpers_.insert_or_assign(std::string(without_scheme(host)), helper);
        }
    config.default_helper_ = oci::string_field(document, "credsStore");
    if (!config.default_helper_.empty())
        check_helper(config.default_helper_);
    return config;
}

bool DockerConfig::holds_secrets() const {
    return std::ranges::any_of(auths_, [](const auto& entry) {
        return !entry.second.auth.empty() || !entry.second.identity_token.empty();
    });
}

std::optional<Credentials> DockerConfig::find(std::string_view registry,
                                              std::string_view repository) const {
    const decltype(auths_)::value_type* best = nullptr;
    for (const auto& host : credential_hosts(registry)) {
        const auto wanted = fmt::format("{}/{}", host, repository);
        for (const auto& entry : auths_)
            if (covers(entry.first, wanted) && (!best || entry.first.size() > best->first.size()))
                best = &entry;
    }
    if (!best)
        return std::nullopt;
    const auto& [auth, identity_token] = best->second;
    if (!identity_token.empty()) // what stands beside it is a user without a password
        return Credentials{user_beside_token(auth), identity_token, {}, SecretKind::identity_token};
    return auth.empty() ? std::nullopt : std::optional(decode(auth.reveal(), best->first));
}

std::optional<std::string> DockerConfig::helper_for(std::string_view registry) const {
    for (const auto& host : credential_hosts(registry))
        if (const auto found = helpers_.find(host); found != helpers_.end())
            return found->second;
    return default_helper_.empty() ? std::nullopt : std::optional(default_helper_);
}

std::vector<CredentialEntry> DockerConfig::entries(const std::string& origin) const {
    using enum CredentialEntry::Kind;
    std::vector<CredentialEntry> entries;
    const auto add_helper = [&](const std::string& host, std::string_view program) {
        entries.push_back({host, std::nullopt, helper,
                           fmt::format("docker-credential-{}, named in {}", program, origin)});
    };
    for (const auto& [host, program] : helpers_)
        add_helper(host, program);
    if (!default_helper_.empty())
        add_helper("*", default_helper_);
    for (const auto& [key, entry] : auths_) {
        if (!entry.identity_token.empty())
            entries.push_back({key, std::nullopt, identity_token, origin});
        else if (!entry.auth.empty())
            entries.push_back({key, decode(entry.auth.reveal(), key).user, password, origin});
    }
    return entries;
}

} // namespace aic::registry

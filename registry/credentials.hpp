// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "registry/secret.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// What the secret of credentials is.
enum class SecretKind {
    password,
    identity_token, ///< stands for the user, and is exchanged for tokens
};

struct Credentials {
    std::string user;        ///< "" where an identity token came without
    Secret password;         ///< or identity token
    std::string origin = {}; ///< where they were found, for people: "NGC_API_KEY", "'/path'"
    SecretKind kind = SecretKind::password;
};

/// Whose credentials are looked for.
struct CredentialQuery {
    std::string_view registry;   ///< "host[:port]"
    std::string_view repository; ///< may be ""
    std::string_view user = {};  ///< only this user's, unless ""
};

/// What can be said of stored credentials without the secret.
struct CredentialEntry {
    enum class Kind { password, identity_token, helper };

    std::string registry; ///< "host[:port][/path]"; "*" for any
    std::optional<std::string> user;
    Kind kind = Kind::password;
    std::string origin;
};

std::string_view name_of(CredentialEntry::Kind kind);

/// One of the places where credentials may be.
struct CredentialSource {
    std::function<std::optional<Credentials>(const CredentialQuery&)> find;
    std::function<std::vector<CredentialEntry>()> list;
};

/// The places where this user may have credentials, in the order in which they are tried: the
/// environment, enroot's file, podman's, Docker's, the NGC command line's. A file that others can
/// read throws Error(denied) when it is looked into.
std::vector<CredentialSource> credential_sources(const Environment& environment);

/// What the first source that knows any has.
std::optional<Credentials> first_found(std::span<const CredentialSource> sources,
                                       const CredentialQuery& query);

/// The user's credentials for a repository.
std::optional<Credentials> find_credentials(std::string_view registry, std::string_view repository,
                                            std::string_view user, const Environment& environment);

/// The host names under which credentials for a registry may be filed, best first.
std::vector<std::string> credential_hosts(std::string_view registry);

/// "host" of "host[:port]".
std::string without_port(std::string_view host);

/// NVIDIA's registry: its user name is "$oauthtoken" for everybody, and the password an API key.
bool is_ngc(std::string_view registry);
inline constexpr const char* k_ngc_user = "$oauthtoken";

/// What a user can do whom a registry refuses.
std::string login_hint(std::string_view registry);

} // namespace aic::registry

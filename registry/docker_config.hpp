// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/credentials.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// Docker's config.json, whose format podman's auth.json shares: passwords, and the names of
/// programs that keep them.
class DockerConfig {
public:
    /// Throws Error(integrity), without the contents, when the text is not such a file.
    static DockerConfig parse(std::string_view json);

    /// Whether the file holds any password itself.
    bool holds_secrets() const;
    /// What the file itself holds for a repository; the longest key that fits wins. Throws
    /// Error(integrity) when that is not base64 of user:password.
    std::optional<Credentials> find(std::string_view registry, std::string_view repository) const;
    /// The helper that keeps the password for a registry: "ecr-login" for the program
    /// docker-credential-ecr-login.
    std::optional<std::string> helper_for(std::string_view registry) const;
    /// All of it without the secrets.
    std::vector<CredentialEntry> entries(const std::string& origin) const;

private:
    struct Entry {
        Secret auth;           ///< base64 of user:password
        Secret identity_token; ///< stands for the user in place of a password
    };

    std::map<std::string, Entry> auths_;         ///< by "host[:port][/path]"
    std::map<std::string, std::string> helpers_; ///< by host
    std::string default_helper_;
};

} // namespace aic::registry

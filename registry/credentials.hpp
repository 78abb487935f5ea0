// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "registry/secret.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

struct Credentials {
    std::string user;
    Secret password;
};

/// One "machine" of a netrc file.
struct NetrcEntry {
    std::string machine, login;
    Secret password;
};

/// The entries of enroot's credentials file, which curl reads as netrc: words in any layout, `#`
/// comments, quotes. What is malformed is passed over; "default" entries too, since they would go
/// to any registry.
std::vector<NetrcEntry> parse_netrc(std::string_view text);

/// The entry for a registry ("host[:port]"; the port does not matter). A login or password that is
/// a shell expression to enroot is not evaluated: it is passed over with a warning naming `file`.
std::optional<Credentials> credentials_from_netrc(const std::vector<NetrcEntry>& entries,
                                                  std::string_view registry, std::string_view user,
                                                  const std::filesystem::path& file);

/// What Docker's config.json holds for a repository; the longest key that fits wins. Throws
/// Error(integrity) when the text is not such a file.
std::optional<Credentials> credentials_from_docker_config(std::string_view json,
                                                          std::string_view registry,
                                                          std::string_view repository);

/// Whether Docker's config.json holds any password itself.
bool holds_passwords(std::string_view docker_config_json);

/// The host names under which credentials for a registry may be filed, best first.
std::vector<std::string> credential_hosts(std::string_view registry);

/// Where enroot looks for its credentials.
std::filesystem::path enroot_credentials_path(const Environment& environment);

/// What a user can do whom a registry refuses: the line that enroot's file at `file` lacks.
std::string login_hint(std::string_view registry, const std::filesystem::path& file);

/// The user's credentials for a repository: enroot's file first, then Docker's. With a `user`, only
/// that user's. A file that others can read throws Error(denied).
std::optional<Credentials> find_credentials(std::string_view registry, std::string_view repository,
                                            std::string_view user, const Environment& environment);

} // namespace aic::registry

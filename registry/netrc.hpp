// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/credentials.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

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

/// The entries without their secrets.
std::vector<CredentialEntry> netrc_entries(const std::vector<NetrcEntry>& entries,
                                           const std::string& origin);

} // namespace aic::registry

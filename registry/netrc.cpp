// SPDX-License-Identifier: Apache-2.0
#include "registry/netrc.hpp"

#include "core/log.hpp"
#include "oci/printable.hpp"
#include "registry/netrc_words.hpp"

namespace aic::registry {

namespace {

/// What enroot would hand to a shell. NGC's user name is the one thing that only looks like it.
bool is_shell_expression(std::string_view text) {
    return text.starts_with('$') && text != k_ngc_user;
}

} // namespace

std::vector<NetrcEntry> parse_netrc(std::string_view text) {
    std::vector<NetrcEntry> entries;
    bool in_machine = false; // and not in "default"
    NetrcWords words(text);
    for (auto word = words.keyword(); !word.empty(); word = words.keyword()) {
        if (word == "machine") {
            entries.push_back({words.value(), {}, {}});
            in_machine = true;
        } else if (word == "default") {
            in_machine = false;
        } else if (word == "macdef") {
            words.skip_macro();
        } else if (word == "login" || word == "password" || word == "account") {
            auto value = words.value();
            if (in_machine && word == "login")
                entries.back().login = std::move(value);
            else if (in_machine && word == "password")
                entries.back().password = Secret(std::move(value));
        }
    }
    return entries;
}

std::optional<Credentials> credentials_from_netrc(const std::vector<NetrcEntry>& entries,
                                                  std::string_view registry, std::string_view user,
                                                  const std::filesystem::path& file) {
    for (const auto& host : credential_hosts(registry))
        for (const auto& entry : entries) {
            if (without_port(entry.machine) != without_port(host) || entry.password.empty()
                || (!user.empty() && entry.login != user))
                continue;
            if (is_shell_expression(entry.login) || is_shell_expression(entry.password.reveal())) {
                warn("passing over the entry for {} in '{}': login or password is a shell "
                     "expression, "
                     "which only enroot evaluates",
                     oci::printable(entry.machine), file.native());
                continue;
            }
            return Credentials{entry.login, entry.password};
        }
    return std::nullopt;
}

std::vector<CredentialEntry> netrc_entries(const std::vector<NetrcEntry>& entries,
                                           const std::string& origin) {
    std::vector<CredentialEntry> listed;
    for (const auto& entry : entries)
        if (!entry.password.empty())
            listed.push_back({entry.machine, entry.login, CredentialEntry::Kind::password, origin});
    return listed;
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/login.hpp"

#include "cli/registry_argument.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "core/log.hpp"
#include "oci/printable.hpp"
#include "registry/enroot_file.hpp"
#include "registry/environment_credentials.hpp"
#include "registry/key_kind.hpp"
#include "registry/login_proof.hpp"
#include "registry/private_file.hpp"

#include <algorithm>

namespace aic::cli {

namespace {

/// Whether it may be shown to the registry. Sources differ in what a port means to them, so all of
/// a host's are; "*" stands for any.
bool is_for(const registry::CredentialEntry& entry, const std::string& registry) try {
    if (entry.registry == "*")
        return true;
    const auto named = registry::without_port(parse_registry_argument(entry.registry).registry);
    const auto hosts = registry::credential_hosts(registry);
    return std::ranges::any_of(
        hosts, [&](const auto& host) { return registry::without_port(host) == named; });

} catch (const Error&) {

    return false; // what is no registry's name is none that was asked for
}

/// Of one registry, or of all where it is "", and of one user, or of all.
std::vector<registry::CredentialEntry> entries_for(const RegistryArgument& wanted,
                                                   const Environment& environment) {
    std::vector<registry::CredentialEntry> found;
    for (const auto& source : registry::credential_sources(environment)) {
        try {
            for (auto& entry : source.list())
                if ((wanted.registry.empty() || is_for(entry, wanted.registry))
                    && (wanted.user.empty() || !entry.user || entry.user == wanted.user))
                    found.push_back(std::move(entry));
        } catch (const Error& error) { // one that cannot be used is no reason to hide the others
            warn("{}{}", error.message(), error.hint().empty() ? "" : ": " + error.hint());
        }
    }
    return found;
}

nlohmann::json entry_json(const registry::CredentialEntry& entry) {
    return {{"registry", entry.registry},
            {"user", entry.user ? nlohmann::json(*entry.user) : nlohmann::json(nullptr)},
            {"kind", registry::name_of(entry.kind)},
            {"origin", entry.origin}};
}

/// What is in the environment goes before what login saves.
void warn_of_environment(const std::string& registry, const registry::Credentials& saved,
                         const Environment& environment) {
    const auto other = registry::credentials_from_environment({registry, "", ""}, environment);
    if (other && other->password != saved.password)
        warn("{} holds something else for {}, and goes before what is saved", other->origin,
             registry);
}

std::string done_text(const std::string& registry, const registry::Credentials& credentials,
                      registry::LoginProof proof, const std::filesystem::path& file) {
    const auto key = registry::kind_of_key(registry, credentials.password);
    const auto said =
        proof == registry::LoginProof::accepted
            ? fmt::format("{} accepts the {} of '{}'", registry, key,
                          oci::printable(credentials.user))
            : fmt::format("{} asks nobody for a password, so the {} of '{}' is unproven", registry,
                          key, oci::printable(credentials.user));
    return fmt::format("{}\n  saved in '{}', where enroot and pyxis find it too", said,
                       file.native());
}

} // namespace

void Login::describe(const Arguments& arguments) {
    arguments.description(
        "save the credentials for a registry, once the registry has accepted them");
    arguments.add_option("registry", registry_, "nvcr.io, registry.lab:5000 (default: docker.io)")
        .not_empty()
        .type_name("REGISTRY");
    arguments.add_option("-u,--username", user_, "who logs in (nvcr.io: always $oauthtoken)")
        .type_name("USER");
    arguments.add_flag("--password-stdin", password_stdin_,
                       "take the password from standard input instead of asking for it");
    arguments.add_flag("--list", list_,
                       "show which credentials there are, of all registries or of one, and where, "
                       "without secrets");
    arguments.footer(
        R"(They go into enroot's file .credentials, mode 0600. 'nvcrlogin' is 'aic-image login nvcr.io'.

Examples:
  aic-image login nvcr.io
  aic-image login --username me registry.lab:5000
  aic-image login --username me --password-stdin < token.txt
  aic-image login --list
  aic-image login --list nvcr.io)");
}

void Login::list(Session& session) const {
    if (!user_.empty() || password_stdin_)
        throw Error(ErrorKind::usage, "--list only shows, and takes no user and no password");
    const auto wanted = registry_.empty() ? RegistryArgument{} : parse_registry_argument(registry_);
    const auto entries = entries_for(wanted, session.environment());
    if (session.json()) {
        auto listed = nlohmann::json::array();
        for (const auto& entry : entries)
            listed.push_back(entry_json(entry));
        return session.print_json({{"credentials", listed}});
    }
    if (entries.empty())
        return session.say(wanted.registry.empty() ? "no credentials"
                                                   : "no credentials for " + wanted.registry);
    std::vector<std::vector<std::string>> rows = {{"REGISTRY", "USER", "KIND", "FROM"}};
    for (const auto& entry : entries)
        rows.push_back({oci::printable(entry.registry), oci::printable(entry.user.value_or("-")),
                        std::string(registry::name_of(entry.kind)), entry.origin});
    session.print_bytes(format_table(rows));
}

registry::Credentials Login::credentials(const std::string& registry, const std::string& user,
                                         Session& session) const {
    auto name = !user_.empty() ? user_ : user;
    if (name.empty() && registry::is_ngc(registry))
        name = registry::k_ngc_user;
    if (name.empty() && password_stdin_)
        throw Error(ErrorKind::usage, "--password-stdin needs --username");
    if (name.empty())
        name =
            ask(fmt::format("User of {}: ", registry), "name it with --username", session.stop());
    auto password = password_stdin_
                        ? secret_from_stdin(session.stop())
                        : ask_secret(fmt::format("{} for {}: ",
                                                 registry::is_ngc(registry) ? "NGC API key"
                                                                            : "Password or token",
                                                 registry),
                                     "give the password with --password-stdin", session.stop());
    if (password.empty())
        throw Error(ErrorKind::usage, "the password is empty");
    return {std::move(name), std::move(password)};
}

void Login::run(Session& session) {
    if (list_)
        return list(session);
    session.require_network(name());
    const auto [registry, user] = parse_registry_argument(registry_);
    const auto given = credentials(registry, user, session);
    const auto file = registry::enroot_credentials_path(session.environment());
    const auto proof = registry::prove_login(registry, given, session.config(),
                                             session.environment(), session.stop());
    registry::save_credentials(file, registry, given);
    warn_of_environment(registry, given, session.environment());
    if (session.json())
        return session.print_json({{"login",
                                    {{"registry", registry},
                                     {"user", given.user},
                                     {"key_kind", registry::kind_of_key(registry, given.password)},
                                     {"proof", registry::name_of(proof)},
                                     {"file", file.native()}}}});
    session.say(done_text(registry, given, proof, file));
}

} // namespace aic::cli

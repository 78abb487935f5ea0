// SPDX-License-Identifier: Apache-2.0
#include "registry/credentials.hpp"

#include "core/error.hpp"
#include "registry/credential_helper.hpp"
#include "registry/docker_config.hpp"
#include "registry/environment_credentials.hpp"
#include "registry/netrc.hpp"
#include "registry/ngc_config.hpp"
#include "registry/private_file.hpp"

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::registry {

namespace {

using Entries = std::vector<CredentialEntry>;
using Found = std::optional<Credentials>;

Found with_origin(Found found, const fs::path& path) {
    if (found)
        found->origin = fmt::format("'{}'", path.native());
    return found;
}

CredentialSource environment_source(const Environment& environment) {
    return {.find =
                [environment](const CredentialQuery& query) {
                    return credentials_from_environment(query, environment);
                },
            .list = [environment] { return environment_entries(environment); }};
}

std::optional<PrivateFile> open_private(const fs::path& path) {
    auto file = PrivateFile::read(path);
    if (file)
        file->require_private();
    return file;
}

CredentialSource enroot_source(const Environment& environment) {
    const auto path = enroot_credentials_path(environment);
    return {.find = [path](const CredentialQuery& query) -> Found {
                const auto file = open_private(path);
                if (!file)
                    return std::nullopt;
                return with_origin(credentials_from_netrc(parse_netrc(file->text()), query.registry,
                                                          query.user, path),
                                   path);
            },
            .list = [path]() -> Entries {
                const auto file = open_private(path);
                return file ? netrc_entries(parse_netrc(file->text()),
                                            fmt::format("'{}'", path.native()))
                            : Entries();
            }};
}

/// Runs `use` on a file in Docker's format; nothing when there is no such file.
template <typename Use>
auto in_docker_config(const fs::path& path, const Use& use)
    -> decltype(use(std::declval<const DockerConfig&>())) {
    const auto file = PrivateFile::read(path);
    if (!file)
        return {};
    return in_context([&] { return fmt::format("reading '{}'", path.native()); },
                      [&] {
                          const auto config = DockerConfig::parse(file->text());
                          // Without passwords it is a file of settings, which may be open to all.
                          if (config.holds_secrets())
                              file->require_private();
                          return use(config);
                      });
}

CredentialSource docker_source(const fs::path& path) {
    const auto find = [path](const CredentialQuery& query) {
        return in_docker_config(path, [&](const DockerConfig& config) -> Found {
            if (const auto helper = config.helper_for(query.registry))
                if (auto found = ask_helper(*helper, query.registry, environment_for_helpers());
                    found && (query.user.empty() || found->user == query.user))
                    return found;
            auto found = config.find(query.registry, query.repository);
            if (found && !query.user.empty() && found->user != query.user)
                return std::nullopt;
            return with_origin(std::move(found), path);
        });
    };
    const auto list = [path] {
        return in_docker_config(path, [&](const DockerConfig& config) {
            return config.entries(fmt::format("'{}'", path.native()));
        });
    };
    return {find, list};
}

CredentialSource ngc_source(const Environment& environment) {
    const auto path = home_directory(environment) / ".ngc/config";
    const auto key = [path]() -> std::optional<Secret> {
        const auto file = PrivateFile::read(path);
        auto found = file ? ngc_api_key(file->text()) : std::nullopt;
        if (found)
            file->require_private();
        return found;
    };
    return {.find = [path, key](const CredentialQuery& query) -> Found {
                if (!is_ngc(query.registry) || (!query.user.empty() && query.user != k_ngc_user))
                    return std::nullopt;
                const auto found = key();
                return found ? with_origin(Credentials{k_ngc_user, *found}, path) : std::nullopt;
            },
            .list = [path, key]() -> Entries {
                if (!key())
                    return {};
                return {{"nvcr.io", k_ngc_user, CredentialEntry::Kind::password,
                         fmt::format("'{}'", path.native())}};
            }};
}

} // namespace

std::vector<CredentialSource> credential_sources(const Environment& environment) {
    std::vector<CredentialSource> sources = {environment_source(environment),
                                             enroot_source(environment)};
    for (const auto& path : podman_auth_paths(environment))
        sources.push_back(docker_source(path));
    sources.push_back(docker_source(docker_config_path(environment)));
    sources.push_back(ngc_source(environment));
    return sources;
}

std::optional<Credentials> first_found(std::span<const CredentialSource> sources,
                                       const CredentialQuery& query) {
    for (const auto& source : sources)
        if (auto found = source.find(query))
            return found;
    return std::nullopt;
}

std::optional<Credentials> find_credentials(std::string_view registry, std::string_view repository,
                                            std::string_view user, const Environment& environment) {
    return first_found(credential_sources(environment), {registry, repository, user});
}

std::string_view name_of(CredentialEntry::Kind kind) {
    using enum CredentialEntry::Kind;
    return kind == password ? "password" : kind == identity_token ? "identity_token" : "helper";
}

std::string without_port(std::string_view host) {
    if (host.starts_with('['))
        return std::string(host.substr(0, host.find(']') + 1));
    return std::string(host.substr(0, host.find(':')));
}

bool is_ngc(std::string_view registry) {
    return without_port(registry) == "nvcr.io";
}

std::vector<std::string> credential_hosts(std::string_view registry) {
    if (registry == "docker.io")
        return {"docker.io", "index.docker.io", "auth.docker.io", "registry-1.docker.io"};
    if (is_ngc(registry))
        return {std::string(registry), "authn.nvidia.com"};
    return {std::string(registry)};
}

std::string login_hint(std::string_view registry) {
    return fmt::format("'aic-image login {}' saves credentials, and 'aic-image login --list' shows "
                       "which there are",
                       registry);
}

} // namespace aic::registry

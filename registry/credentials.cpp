// SPDX-License-Identifier: Apache-2.0
#include "registry/credentials.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"

namespace fs = std::filesystem;

namespace aic::registry {

constexpr std::uint64_t k_max_credentials_bytes = 1024UL * 1024;

namespace {

struct SettingsFile {
    fs::path path;
    std::string text;
    bool is_private = false; ///< nobody else may read or change it
};

/// Nothing when there is no such file.
std::optional<SettingsFile> read_settings(const fs::path& path) {
    auto fd = open_if_exists(path, O_RDONLY | O_NONBLOCK);
    if (!fd)
        return std::nullopt;
    const auto status = fstat_of(fd->get(), path);
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorKind::denied, "reading '{}': not a regular file", path.native());
    FdSource source(std::move(*fd), path);
    const auto bytes =
        read_all(source, k_max_credentials_bytes, fmt::format("'{}'", path.native()));
    return SettingsFile{path, std::string(as_text(bytes)),
                        (status.st_mode & (S_IRWXG | S_IRWXO)) == 0};
}

void require_private(const SettingsFile& file) {
    if (!file.is_private)
        throw Error(ErrorKind::denied,
                    "reading '{}': others may read or change the passwords in it",
                    file.path.native())
            .with_hint(fmt::format("chmod 600 '{}'", file.path.native()));
}

std::optional<Credentials> from_enroot(std::string_view registry, std::string_view user,
                                       const Environment& environment) {
    const auto file = read_settings(enroot_credentials_path(environment));
    if (!file)
        return std::nullopt;
    require_private(*file);
    return credentials_from_netrc(parse_netrc(file->text), registry, user, file->path);
}

fs::path docker_config_path(const Environment& environment) {
    const auto directory = environment("DOCKER_CONFIG");
    return (directory ? fs::path(*directory) : home_directory(environment) / ".docker")
           / "config.json";
}

std::optional<Credentials> from_docker(std::string_view registry, std::string_view repository,
                                       std::string_view user, const Environment& environment) {
    const auto file = read_settings(docker_config_path(environment));
    if (!file)
        return std::nullopt;
    const auto reading = fmt::format("reading '{}'", file->path.native());
    // Without passwords it is a file of settings, which may be open to all.
    if (in_context(reading, [&] { return holds_passwords(file->text); }))
        require_private(*file);
    auto found = in_context(
        reading, [&] { return credentials_from_docker_config(file->text, registry, repository); });
    return found && (user.empty() || found->user == user) ? found : std::nullopt;
}

} // namespace

fs::path enroot_credentials_path(const Environment& environment) {
    if (const auto directory = environment("ENROOT_CONFIG_PATH"))
        return fs::path(*directory) / ".credentials";
    const auto config = environment("XDG_CONFIG_HOME");
    return (config ? fs::path(*config) : home_directory(environment) / ".config")
           / "enroot/.credentials";
}

// Further places - the command line, the environment, podman's auth.json, credential helpers -
// belong here, in the order in which they are tried.
std::optional<Credentials> find_credentials(std::string_view registry, std::string_view repository,
                                            std::string_view user, const Environment& environment) {
    if (auto found = from_enroot(registry, user, environment))
        return found;
    return from_docker(registry, repository, user, environment);
}

} // namespace aic::registry

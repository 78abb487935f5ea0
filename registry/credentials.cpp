// SPDX-License-Identifier: Apache-2.0
#include "registry/credentials.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/log.hpp"

namespace fs = std::filesystem;

namespace aic::registry {

constexpr std::uint64_t k_max_credentials_bytes = 1024 * 1024;

namespace {

struct PrivateFile {
    fs::path path;
    std::string text;
};

/// Nothing when there is no such file.
std::optional<PrivateFile> read_private_file(const fs::path& path) {
    auto fd = open_if_exists(path, O_RDONLY | O_NONBLOCK);
    if (!fd)
        return std::nullopt;
    const auto status = fstat_of(fd->get(), path);
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorKind::denied, "reading '{}': not a regular file", path.native());
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        throw Error(ErrorKind::denied,
                    "reading '{}': others may read or change the passwords in it", path.native())
            .with_hint(fmt::format("chmod 600 '{}'", path.native()));
    FdSource source(std::move(*fd), path);
    const auto bytes =
        read_all(source, k_max_credentials_bytes, fmt::format("'{}'", path.native()));
    return PrivateFile{path, std::string(as_text(bytes))};
}

fs::path docker_config_path(const Environment& environment) {
    const auto directory = environment("DOCKER_CONFIG");
    return (directory ? fs::path(*directory) : home_directory(environment) / ".docker")
           / "config.json";
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
    if (const auto file = read_private_file(enroot_credentials_path(environment)))
        if (auto found =
                credentials_from_netrc(parse_netrc(file->text), registry, user, file->path))
            return found;
    if (const auto file = read_private_file(docker_config_path(environment))) {
        auto found = in_context(
            [&] { return fmt::format("reading '{}'", file->path.native()); },
            [&] { return credentials_from_docker_config(file->text, registry, repository); });
        if (found && (user.empty() || found->user == user))
            return found;
    }
    return std::nullopt;
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/private_file.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"

#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::registry {

constexpr std::uint64_t k_max_bytes = 1024UL * 1024;

std::optional<PrivateFile> PrivateFile::read(const fs::path& path) {
    auto fd = open_if_exists(path, O_RDONLY | O_NONBLOCK);
    if (!fd)
        return std::nullopt;
    const auto status = fstat_of(fd->get(), path);
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorKind::denied, "reading '{}': not a regular file", path.native());
    FdSource source(std::move(*fd), path);
    const auto bytes = read_all(source, k_max_bytes, fmt::format("'{}'", path.native()));
    return PrivateFile(path, Secret(std::string(as_text(bytes))), status.st_uid, status.st_mode);
}

void PrivateFile::require_private() const {
    require_without(S_IRWXG | S_IRWXO, "passwords");
}

void PrivateFile::require_private_key() const {
    require_without(owner_ == ::geteuid() ? S_IRWXG | S_IRWXO : S_IWGRP | S_IRWXO, "key");
}

void PrivateFile::require_without(mode_t bits, std::string_view secrets) const {
    if ((mode_ & bits) != 0)
        throw Error(ErrorKind::denied, "reading '{}': others may read or change the {} in it",
                    path_.native(), secrets)
            .with_hint(fmt::format("chmod 600 '{}'", path_.native()));
}

static fs::path config_home(const Environment& environment) {
    const auto config = environment("XDG_CONFIG_HOME");
    return config ? fs::path(*config) : home_directory(environment) / ".config";
}

fs::path enroot_credentials_path(const Environment& environment) {
    if (const auto directory = environment("ENROOT_CONFIG_PATH"))
        return fs::path(*directory) / ".credentials";
    return config_home(environment) / "enroot/.credentials";
}

std::vector<fs::path> podman_auth_paths(const Environment& environment) {
    std::vector<fs::path> paths;
    if (const auto file = environment("REGISTRY_AUTH_FILE"))
        paths.emplace_back(*file);
    if (const auto runtime = environment("XDG_RUNTIME_DIR"))
        paths.push_back(fs::path(*runtime) / "containers/auth.json");
    paths.push_back(config_home(environment) / "containers/auth.json");
    return paths;
}

fs::path docker_config_path(const Environment& environment) {
    const auto directory = environment("DOCKER_CONFIG");
    return (directory ? fs::path(*directory) : home_directory(environment) / ".docker")
           / "config.json";
}

} // namespace aic::registry

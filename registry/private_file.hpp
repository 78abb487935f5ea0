// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "registry/secret.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace aic::registry {

/// A small file that may hold passwords, read whole.
class PrivateFile {
public:
    /// Nothing when there is no such file.
    static std::optional<PrivateFile> read(const std::filesystem::path& path);

    std::string_view text() const { return text_.reveal(); }

    /// Throws Error(denied), with the command that mends it, when others may read or change the
    /// file.
    void require_private() const;
    /// The same for a key, except that its owner may let a group read it where that is not the
    /// caller: so a site hands out its own.
    void require_private_key() const;

private:
    PrivateFile(std::filesystem::path path, Secret text, uid_t owner, mode_t mode)
        : path_(std::move(path))
        , text_(std::move(text))
        , owner_(owner)
        , mode_(mode) {}

    void require_without(mode_t bits, std::string_view secrets) const;

    std::filesystem::path path_;
    Secret text_;
    uid_t owner_;
    mode_t mode_;
};

/// Where enroot looks for its credentials.
std::filesystem::path enroot_credentials_path(const Environment& environment);
/// Where podman keeps its own, in the order in which they are tried.
std::vector<std::filesystem::path> podman_auth_paths(const Environment& environment);
std::filesystem::path docker_config_path(const Environment& environment);

} // namespace aic::registry

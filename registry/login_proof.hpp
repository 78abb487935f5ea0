// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "registry/credentials.hpp"

#include <stop_token>
#include <string_view>

namespace aic::registry {

/// What a registry made of credentials that it did not refuse.
enum class LoginProof {
    accepted,
    not_asked_for, ///< it lets everybody in, so nothing is known about them
};

std::string_view name_of(LoginProof proof);

/// Shows the credentials to the registry. Throws Error(denied) with the registry's words, and what
/// kind of key that was, when it refuses them.
LoginProof prove_login(std::string_view registry, const Credentials& credentials,
                       const Config& config, const Environment& environment, std::stop_token stop);

/// Whether the registry lets anybody in, as far as its front door: asks it without credentials, and
/// throws Error(network) when it does not answer, or is no registry.
bool is_open(std::string_view registry, const Config& config, const Environment& environment,
             std::stop_token stop);

} // namespace aic::registry

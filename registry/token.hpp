// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/challenge.hpp"
#include "registry/secret.hpp"
#include "registry/url.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace aic::registry {

/// What a token server hands out.
struct Token {
    Secret value;
    std::chrono::seconds lifetime{60};
    Secret next_identity = {}; ///< the identity token to use from now on, if there is a new one
};

/// From a token server's JSON; throws Error(network) when it holds none that could stand in a
/// header.
Token parse_token(std::string_view json);

/// Where a challenge says tokens are to be had. Throws Error(denied) when a registry must not send
/// us there: over http, or from outside into a private network.
Url token_realm(const Challenge& challenge, const Url& registry);

/// The same with what is asked for: `scope` unless the challenge names one; that may be "".
Url token_url(const Challenge& challenge, const Url& registry, const std::string& scope);

/// What is POSTed to the realm to exchange an identity token for a token (RFC 6749 § 6, and
/// distribution's docs/spec/auth/oauth.md).
Secret refresh_form(const Challenge& challenge, const std::string& scope,
                    const Secret& identity_token);

} // namespace aic::registry

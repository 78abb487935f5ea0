// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/hosts.hpp"
#include "registry/retry.hpp"
#include "registry/tls_settings.hpp"
#include "registry/url.hpp"

#include <utility>

namespace aic::registry {

/// The other end of conversations: what all of them have in common, and what they have met so far.
/// What a redirect or a token server adds belongs to it as well, except that the client's
/// certificate is for `origin` alone. For one thread at a time.
struct Peer {
    explicit Peer(Origin origin_of_all, TlsSettings tls_settings = {},
                  const RetryPolicy& retry_policy = {})
        : origin(std::move(origin_of_all))
        , tls(std::move(tls_settings))
        , policy(retry_policy)
        , hosts(retry_policy) {}

    const Origin origin;
    const TlsSettings tls;
    RetryPolicy policy; ///< of requests that are made from now on
    Hosts hosts;
};

} // namespace aic::registry

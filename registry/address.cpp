// SPDX-License-Identifier: Apache-2.0
#include "registry/address.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "registry/peer.hpp"
#include "registry/site_certificates.hpp"
#include "registry/transport.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aic::registry {

namespace {

/// Asks for the protocol's version, as anybody.
class Probe final : public Exchange {
public:
    explicit Probe(const Url& url)
        : url_(url.resolve("/v2/"))
        , peer_(url.origin(), unchecked(), once()) {}

    std::string description() const override {
        return fmt::format("asking {} for TLS", url_.str());
    }

    Peer& peer() override { return peer_; }

    Request first() override { return {.url = url_, .method = Method::head}; }

    /// Whatever it says, it says it over TLS.
    std::optional<Request> next(Answer& /*answer*/) override {
        speaks_tls_ = true;
        return std::nullopt;
    }

    std::optional<Request> failed(const Error& error) override {
        debug("{}", error.message());
        return std::nullopt;
    }

    bool speaks_tls() const { return speaks_tls_; }

private:
    static TlsSettings unchecked() {
        TlsSettings tls;
        tls.is_checked = false;
        return tls;
    }

    static RetryPolicy once() {
        RetryPolicy policy;
        policy.max_attempts = 0;
        policy.connect_time = std::chrono::seconds(3);
        return policy;
    }

    const Url url_;
    Peer peer_;
    bool speaks_tls_ = false;
};

struct Probed {
    bool speaks_tls = false;
    std::chrono::milliseconds took{};
};

Probed probe_for_tls(const Url& url) {
    const auto begin = std::chrono::steady_clock::now();
    Probe probe(url);
    Exchange* const one = &probe;
    Transport().run({&one, 1}, {});
    return {probe.speaks_tls(), std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::steady_clock::now() - begin)};
}

} // namespace

Address address_of(std::string_view registry, const std::vector<std::string>& insecure_registries,
                   const Environment& environment) {
    auto tls = load_tls_settings(registry, environment);
    if (registry == "docker.io")
        return {Url::parse("https://registry-1.docker.io"), std::move(tls)};
    const auto secure = Url::parse(fmt::format("https://{}", registry));
    const auto plain = Url::parse(fmt::format("http://{}", registry));
    const bool is_named = std::ranges::any_of(insecure_registries, [&](const std::string& name) {
        return name == registry || name == secure.host();
    });
    if (!is_named) {
        // Whoever has certificates for a registry on this machine means TLS.
        const bool is_plain =
            is_loopback(secure.host()) && !find_site_certificates(registry, environment);
        return {is_plain ? plain : secure, std::move(tls)};
    }
    const auto probed = probe_for_tls(secure);
    if (!probed.speaks_tls)
        return {plain, std::move(tls), probed.took};
    tls.is_checked = false;
    return {secure, std::move(tls)};
}

} // namespace aic::registry

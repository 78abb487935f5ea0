// SPDX-License-Identifier: Apache-2.0
#include "registry/login_proof.hpp"

#include "core/error.hpp"
#include "oci/printable.hpp"
#include "registry/address.hpp"
#include "registry/answer_error.hpp"
#include "registry/auth.hpp"
#include "registry/client.hpp"
#include "registry/key_kind.hpp"
#include "registry/site_registries.hpp"

namespace aic::registry {

namespace {

/// GET /v2/, which is answered to whoever the registry knows.
class Ping final : public AuthorizedExchange {
public:
    Ping(Authenticator& authenticator, Peer& peer, Url url)
        : AuthorizedExchange(authenticator, peer)
        , url_(std::move(url)) {}

    std::string description() const override { return fmt::format("asking {}", url_.name()); }

    /// Of the last answer.
    std::optional<Error> refusal() const { return refusal_; }

protected:
    Request request() override { return {.url = url_}; }

    std::optional<Request> answered(Answer& answer) override {
        if (answer.is_web_page())
            refusal_ = not_a_registry(answer);
        else if (answer.status != 200)
            refusal_ = error_of(answer);
        return std::nullopt;
    }

private:
    const Url url_;
    std::optional<Error> refusal_;
};

Error with_advice(const Error& error, std::string_view registry) {
    const auto advice = where_keys_are_made(registry);
    return error.kind() == ErrorKind::denied && !advice.empty()
               ? error.with_hint(std::string(advice))
               : error;
}

/// Asks at the front door; throws what the registry says when it does not let us in.
void knock(std::string_view registry, Authenticator::FindCredentials credentials,
           const Config& config, const Environment& environment, std::stop_token stop) {
    auto address =
        address_of(registry, insecure_registries(registry, config, environment), environment);
    const auto& url = address.url;
    Authenticator authenticator(std::string(registry), url, "", std::move(credentials),
                                std::chrono::steady_clock::now, WhenRefused::give_up);
    Peer peer(url.origin(), std::move(address.tls));
    Transport transport;
    Ping ping(authenticator, peer, url.resolve("/v2/"));
    Exchange* const one = &ping;
    transport.run({&one, 1}, stop);
    if (const auto refusal = ping.refusal())
        throw *refusal;
}

} // namespace

std::string_view name_of(LoginProof proof) {
    return proof == LoginProof::accepted ? "accepted" : "not_asked_for";
}

LoginProof prove_login(std::string_view registry, const Credentials& credentials,
                       const Config& config, const Environment& environment, std::stop_token stop) {
    require_allowed(registry, environment);
    bool was_asked = false;
    const auto show = [&] {
        was_asked = true;
        return credentials;
    };
    const auto attempt = fmt::format("logging in to {} as '{}' with a {}", registry,
                                     oci::printable(credentials.user, 100),
                                     kind_of_key(registry, credentials.password));
    try {
        in_context(attempt, [&] { knock(registry, show, config, environment, stop); });
    } catch (const Error& error) {
        throw with_advice(error, registry);
    }
    return was_asked ? LoginProof::accepted : LoginProof::not_asked_for;
}

bool is_open(std::string_view registry, const Config& config, const Environment& environment,
             std::stop_token stop) {
    const auto nobody = [] { return std::optional<Credentials>(); };
    try {
        knock(registry, nobody, config, environment, stop);
        return true;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::denied)
            throw;
        return false;
    }
}

} // namespace aic::registry

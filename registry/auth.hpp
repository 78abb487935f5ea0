// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/challenge.hpp"
#include "registry/credentials.hpp"
#include "registry/peer.hpp"
#include "registry/token.hpp"
#include "registry/transport.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace aic::registry {

/// What follows when a registry refuses the credentials that it is shown.
enum class WhenRefused { ask_without, give_up };

/// What we may say to one repository: learns from challenges, fetches tokens, and renews them
/// before they end. Its requests are made by the exchanges that use it, on the transport's thread.
class Authenticator {
public:
    using FindCredentials = std::function<std::optional<Credentials>()>;
    using Clock = std::function<std::chrono::steady_clock::time_point()>;

    /// `registry_name` is how people call it; `find` is asked at the first challenge. Without a
    /// `repository` tokens are asked for that say who we are, and allow nothing.
    Authenticator(std::string registry_name, Url registry, std::string repository,
                  FindCredentials find, Clock clock = std::chrono::steady_clock::now,
                  WhenRefused when_refused = WhenRefused::ask_without);

    /// The value of the Authorization header as things stand; empty when none is known or needed.
    Secret authorization() const;

    /// A request for a token, and with which of the credentials that were tried one after the
    /// other: its answer may come when they are no longer those to use.
    struct TokenRequest {
        Request request;
        int round = 0;
    };

    /// The request for a new token, when the present one has lived 80 % of its life. It is said to
    /// one; others go on with the present one meanwhile.
    std::optional<TokenRequest> renewal();

    /// To be held by who asks for a token, until he has it or will not have it: meanwhile the
    /// others wait, unless that takes too long.
    std::shared_ptr<void> begin_asking();
    bool is_being_asked() const;

    /// What follows from a 401.
    struct Reaction {
        bool ask_again = false;                    ///< false: there is nothing more to try
        std::optional<TokenRequest> token_request; ///< to be made first
    };

    Reaction on_unauthorized(const Answer& answer, const Secret& sent);
    /// Takes note of a 401 to what on_unauthorized() had us send.
    void on_refusal();
    /// Takes the answer to a token request of that round. Returns one more when stored credentials
    /// were refused; throws when there is no token to be had.
    std::optional<TokenRequest> on_token_answer(const Answer& answer, int round);

    /// Whether credentials were shown, and not refused.
    bool uses_credentials() const { return credentials_.has_value(); }

    /// True once stored credentials were of no use.
    bool credentials_refused() const { return credentials_refused_; }

private:
    const std::optional<Credentials>& credentials();
    TokenRequest token_request(const Challenge& challenge) const;
    bool refuses_credentials(const Answer& answer) const;
    Reaction meet_bearer(const Challenge& challenge, const Secret& sent);
    Reaction meet_basic(const Secret& sent);
    void refuse_credentials();

    const std::string registry_name_;
    const Url registry_;
    const std::string scope_;
    const FindCredentials find_;
    const Clock clock_;
    const WhenRefused when_refused_;

    bool credentials_known_ = false;
    bool credentials_refused_ = false;
    bool post_is_unknown_ = false;           ///< to the token server
    int round_ = 0;                          ///< of what is shown to the token server
    std::optional<Credentials> credentials_; ///< those to use; none once refused
    std::optional<Challenge> challenge_;     ///< the last Bearer challenge that was met
    std::weak_ptr<void> asking_;             ///< of whoever asked for a token last
    std::chrono::steady_clock::time_point asked_at_{};
    Secret authorization_;
    std::chrono::steady_clock::time_point renew_at_ = std::chrono::steady_clock::time_point::max();
};

/// A request to a registry: made, met with a challenge, and made again with what the challenge
/// asked for.
class AuthorizedExchange : public Exchange {
public:
    AuthorizedExchange(Authenticator& authenticator, Peer& peer)
        : authenticator_(&authenticator)
        , peer_(&peer) {}

    Peer& peer() final { return *peer_; }

    Request first() final;
    std::optional<Request> next(Answer& answer) final;
    /// With a token as it is by then.
    Request repeated(const Request& request) override;

    Hold hold() const final {
        return !waits_for_token_                  ? Hold::none
               : authenticator_->is_being_asked() ? Hold::waits
                                                  : Hold::over;
    }

protected:
    /// The request, without authorization.
    virtual Request request() = 0;
    /// Takes the answer for good; returns a further request that needs no authorization, or
    /// nothing.
    virtual std::optional<Request> answered(Answer& answer) = 0;
    /// The request once more; it may be challenged again.
    Request once_more();

    /// Further requests go to another server, which is no registry.
    void leave_registry() {
        asking_.reset();
        has_left_ = true;
    }

    /// Further requests go to another registry.
    void turn_to(Authenticator& authenticator, Peer& peer);

private:
    Request authorized_request();
    Request ask_for_token(Authenticator::TokenRequest token);

    Authenticator* authenticator_;
    Peer* peer_;
    Secret sent_;
    std::shared_ptr<void> asking_; ///< while it is a token that was asked for
    bool has_left_ = false;        ///< whom it asks now is no registry, and gets no token
    bool waits_for_token_ = false; ///< which another exchange asks for
    int token_round_ = 0;
    bool challenged_ = false; ///< once is enough: a second refusal is meant
};

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/auth.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "oci/printable.hpp"
#include "registry/answer_error.hpp"
#include "registry/base64.hpp"

#include <algorithm>

namespace aic::registry {

constexpr std::uint64_t k_max_token_bytes = 1024UL * 1024;
constexpr std::chrono::seconds k_renewal_time{10}; // after it another exchange may try

static Secret basic_authorization(const Credentials& credentials) {
    return Secret("Basic " + base64_encode(credentials.user + ":" + credentials.password.reveal()));
}

Authenticator::Authenticator(std::string registry_name, Url registry, std::string repository,
                             FindCredentials find, Clock clock, WhenRefused when_refused)
    : registry_name_(std::move(registry_name))
    , registry_(std::move(registry))
    , scope_(repository.empty() ? "" : fmt::format("repository:{}:pull", repository))
    , find_(std::move(find))
    , clock_(std::move(clock))
    , when_refused_(when_refused) {}

Secret Authenticator::authorization() const {
    return authorization_;
}

std::optional<Authenticator::TokenRequest> Authenticator::renewal() {
    if (!challenge_ || clock_() < renew_at_)
        return std::nullopt;
    renew_at_ = clock_() + k_renewal_time;
    return token_request(*challenge_);
}

std::shared_ptr<void> Authenticator::begin_asking() {
    auto asking = std::make_shared<int>();
    asking_ = asking;
    asked_at_ = clock_();
    return asking;
}

bool Authenticator::is_being_asked() const {
    return !asking_.expired() && clock_() < asked_at_ + k_renewal_time;
}

const std::optional<Credentials>& Authenticator::credentials() {
    if (!std::exchange(credentials_known_, true))
        credentials_ = find_();
    return credentials_;
}

Authenticator::TokenRequest Authenticator::token_request(const Challenge& challenge) const {
    // The token server of some registries knows no POST; there the token goes as a password does.
    if (credentials_ && credentials_->kind == SecretKind::identity_token && !post_is_unknown_)
        return {{.url = token_realm(challenge, registry_),
                 .headers = {"Accept: application/json"},
                 .limit_bytes = k_max_token_bytes,
                 .form = refresh_form(challenge, scope_, credentials_->password)},
                round_};
    return {{.url = token_url(challenge, registry_, scope_),
             .headers = {"Accept: application/json"},
             .authorization = credentials_ ? basic_authorization(*credentials_) : Secret(),
             .limit_bytes = k_max_token_bytes},
            round_};
}

Authenticator::Reaction Authenticator::on_unauthorized(const Answer& answer, const Secret& sent) {
    // Where a redirect led to is not the registry, and must not send our credentials anywhere.
    if (answer.url.origin() != registry_.origin())
        return {};
    std::vector<Challenge> challenges;
    for (const auto& header : answer.all_headers("WWW-Authenticate"))
        for (auto& challenge : parse_challenges(header))
            challenges.push_back(std::move(challenge));
    const auto with_scheme = [&](std::string_view scheme) {
        return std::ranges::find(challenges, scheme, &Challenge::scheme);
    };
    if (const auto bearer = with_scheme("bearer"); bearer != challenges.end())
        return meet_bearer(*bearer, sent);
    if (with_scheme("basic") != challenges.end())
        return meet_basic(sent);
    return {};
}

Authenticator::Reaction Authenticator::meet_bearer(const Challenge& challenge, const Secret& sent) {
    if (!authorization_.empty() && authorization_ != sent)
        return {true, std::nullopt}; // another exchange has renewed it meanwhile
    // Once a token has run out, nvcr.io names another realm, which knows no anonymous users.
    const bool anonymous = !credentials();
    if (!challenge_ || !anonymous)
        challenge_ = challenge;
    return {true, token_request(*challenge_)};
}

Authenticator::Reaction Authenticator::meet_basic(const Secret& sent) {
    // Another exchange has found meanwhile that this is of no use, or that something else is.
    if (!sent.empty() && authorization_ != sent)
        return {true, std::nullopt};
    if (!credentials())
        return {};
    const auto value = basic_authorization(*credentials_);
    if (sent == value) {
        if (when_refused_ == WhenRefused::give_up)
            return {};
        refuse_credentials();
        return {true, std::nullopt};
    }
    challenge_.reset();
    authorization_ = value;
    return {true, std::nullopt};
}

void Authenticator::refuse_credentials() {
    const auto& origin = credentials_->origin;
    const auto whose =
        credentials_->kind == SecretKind::identity_token
            ? std::string("identity token")
            : fmt::format("credentials of user '{}'", oci::printable(credentials_->user, 100));
    warn("{} refuses the {}{}{}; trying without", registry_name_, whose,
         origin.empty() ? "" : " from ", origin);
    ++round_;
    credentials_refused_ = true;
    credentials_.reset();
    authorization_ = Secret();
}

void Authenticator::on_refusal() {
    credentials_refused_ = credentials_refused_ || credentials_.has_value();
}

bool Authenticator::refuses_credentials(const Answer& answer) const {
    if (!credentials_)
        return false;
    // An identity token that has run out is "invalid_grant", a 400 (RFC 6749 § 5.2).
    return answer.status == 401 || answer.status == 403
           || (answer.status == 400 && credentials_->kind == SecretKind::identity_token);
}

std::optional<Authenticator::TokenRequest> Authenticator::on_token_answer(const Answer& answer,
                                                                          int round) {
    if (answer.status == 200) {
        if (answer.is_web_page())
            throw not_a_registry(answer);
        const auto token = parse_token(answer.body);
        authorization_ = Secret("Bearer " + token.value.reveal());
        renew_at_ = clock_() + token.lifetime * 4 / 5;
        if (credentials_ && credentials_->kind == SecretKind::identity_token
            && !token.next_identity.empty()) {
            credentials_->password = token.next_identity;
            ++round_;
        }
        return std::nullopt;
    }
    if (!challenge_) // the registry has turned to Basic meanwhile
        return std::nullopt;
    if (round != round_)
        return token_request(*challenge_);
    const bool was_post =
        credentials_ && credentials_->kind == SecretKind::identity_token && !post_is_unknown_;
    if (was_post && (answer.status == 404 || answer.status == 405)) {
        post_is_unknown_ = true;
        ++round_;
        return token_request(*challenge_);
    }
    if (refuses_credentials(answer) && when_refused_ == WhenRefused::ask_without) {
        refuse_credentials();
        return token_request(*challenge_);
    }
    const auto refusal = error_of(answer).within("asking for a token");
    throw refusal.kind() == ErrorKind::denied && when_refused_ == WhenRefused::ask_without
        ? refusal.with_hint(login_hint(registry_name_))
        : refusal;
}

Request AuthorizedExchange::authorized_request() {
    auto wanted = request();
    wanted.authorization = sent_ = authenticator_->authorization();
    return wanted;
}

Request AuthorizedExchange::first() {
    if (auto renewal = authenticator_->is_being_asked() ? std::nullopt : authenticator_->renewal())
        return ask_for_token(std::move(*renewal));
    return authorized_request();
}

Request AuthorizedExchange::ask_for_token(Authenticator::TokenRequest token) {
    if (!asking_)
        asking_ = authenticator_->begin_asking();
    token_round_ = token.round;
    return std::move(token.request);
}

Request AuthorizedExchange::repeated(const Request& request) {
    return asking_ ? request : once_more();
}

Request AuthorizedExchange::once_more() {
    asking_.reset();
    waits_for_token_ = false;
    challenged_ = false;
    return first();
}

void AuthorizedExchange::turn_to(Authenticator& authenticator, Peer& peer) {
    asking_.reset(); // the other one
    has_left_ = false;
    authenticator_ = &authenticator;
    peer_ = &peer;
}

std::optional<Request> AuthorizedExchange::next(Answer& answer) {
    if (asking_) {
        if (auto another = authenticator_->on_token_answer(answer, token_round_))
            return ask_for_token(std::move(*another));
        asking_.reset();
        return authorized_request();
    }
    if (has_left_)
        return answered(answer);
    if (answer.status == 401 && challenged_)
        authenticator_->on_refusal();
    if (answer.status == 401 && !std::exchange(challenged_, true)) {
        auto reaction = authenticator_->on_unauthorized(answer, sent_);
        if (reaction.token_request && authenticator_->is_being_asked()) {
            waits_for_token_ = true;
            return authorized_request(); // to be asked for anew once the token is there
        }
        if (reaction.token_request)
            return ask_for_token(std::move(*reaction.token_request));
        if (reaction.ask_again)
            return authorized_request();
    }
    return answered(answer);
}

} // namespace aic::registry

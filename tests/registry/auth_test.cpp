// SPDX-License-Identifier: Apache-2.0
#include "registry/auth.hpp"
#include "registry/base64.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::registry {

using namespace std::chrono_literals;

TEST(TokenTest, both_names_are_known_and_a_life_of_60_s_is_assumed) {
    EXPECT_EQ(parse_token(R"({"token":"t","expires_in":600})").value.reveal(), "t");
    EXPECT_EQ(parse_token(R"({"token":"t","expires_in":600})").lifetime, 600s);
    EXPECT_EQ(parse_token(R"({"access_token":"a"})").value.reveal(), "a");
    for (const char* expires : {"0", "-5", "\"x\"", "null", "1.5"})
        EXPECT_EQ(parse_token(fmt::format(R"({{"token":"t","expires_in":{}}})", expires)).lifetime,
                  60s);
    EXPECT_EQ(parse_token(R"({"token":"t","expires_in":18446744073709551615})").lifetime, 24h);
}

TEST(TokenTest, what_could_not_stand_in_a_header_is_no_token) {
    for (const char* text :
         {"", "{}", "[]", R"({"token":""})", R"({"token":1})", R"({"token":"a\r\nX: y"})",
          R"({"token":"a b"})", R"({"token":"\u00e4"})"})
        EXPECT_ERROR(ErrorKind::network, parse_token(text)) << text;
}

static Url token_url_for(const char* realm, const char* registry) {
    return token_url(
        {.scheme = "bearer", .token68 = "", .parameters = {{"realm", realm}, {"service", "s"}}},
        Url::parse(registry), "repository:a:pull");
}

TEST(TokenUrlTest, service_and_scope_are_added) {
    EXPECT_EQ(token_url_for("https://auth.io/token", "https://r.io").str(),
              "https://auth.io/token?service=s&scope=repository%3aa%3apull");
}

TEST(TokenUrlTest, a_realm_elsewhere_must_be_encrypted_and_not_within_a_private_network) {
    for (const auto& [realm, registry] : {std::pair{"https://auth.io/t", "https://r.io"},
                                          {"http://r.lab:5000/t", "http://r.lab:5000"},
                                          {"http://127.0.0.1:6/t", "http://127.0.0.1:5"},
                                          {"https://10.0.0.1/t", "https://10.0.0.2"},
                                          {"https://auth.io/t", "http://127.0.0.1:5"}})
        EXPECT_NO_THROW(token_url_for(realm, registry)) << realm;
    for (const auto& urls : {std::pair{"http://auth.io/t", "https://r.io"},
                             {"http://r.io/t", "https://r.io"},
                             {"https://10.0.0.1/t", "https://r.io"},
                             {"http://127.0.0.1/t", "https://r.io"},
                             {"http://127.0.0.1:9/t", "https://10.0.0.5"},
                             {"https://169.254.169.254/t", "https://r.io"},
                             {"https://[::1]/t", "https://r.io"},
                             {"http://10.0.0.1/t", "https://10.0.0.2"}})
        EXPECT_ERROR(ErrorKind::denied, token_url_for(urls.first, urls.second)) << urls.first;
    EXPECT_ERROR(ErrorKind::network, token_url_for("", "https://r.io"));
}

static Answer unauthorized(const char* url, std::vector<std::string> challenges) {
    Answer answer{.url = Url::parse(url), .status = 401};
    for (auto& challenge : challenges)
        answer.headers.push_back({"WWW-Authenticate", std::move(challenge)});
    return answer;
}

static Answer token_answer(const char* body) {
    return {.url = Url::parse("https://auth.io/"), .status = 200, .headers = {}, .body = body};
}

class AuthenticatorTest : public ::testing::Test {
protected:
    Authenticator::Reaction challenge(std::string header, const char* url = "https://r.io/v2/") {
        return authenticator_.on_unauthorized(unauthorized(url, {std::move(header)}),
                                              authenticator_.authorization());
    }

    std::optional<Credentials> credentials_;
    std::chrono::steady_clock::time_point now_{};
    Authenticator authenticator_{"r.io", Url::parse("https://r.io"), "lab/x",
                                 [this] { return credentials_; }, [this] { return now_; }};
};

TEST_F(AuthenticatorTest, a_token_is_renewed_at_80_percent_of_its_life) {
    challenge(R"(Bearer realm="https://auth.io/t")");
    authenticator_.on_token_answer(token_answer(R"({"token":"t","expires_in":100})"), 0);
    EXPECT_EQ(authenticator_.authorization().reveal(), "Bearer t");
    now_ += 79s;
    EXPECT_FALSE(authenticator_.renewal());
    now_ += 1s;
    const auto renewal = authenticator_.renewal();
    ASSERT_TRUE(renewal);
    EXPECT_EQ(renewal->request.url.host(), "auth.io");
    EXPECT_FALSE(authenticator_.renewal()) << "others go on with the token that still holds";
    now_ += 10s;
    EXPECT_TRUE(authenticator_.renewal()) << "the one that was to do it may have failed";
}

TEST_F(AuthenticatorTest, several_that_are_refused_at_once_lead_to_one_refusal) {
    credentials_ = Credentials{"me", Secret("stale")};
    const auto one = challenge(R"(Bearer realm="https://auth.io/t")").token_request;
    const auto other = challenge(R"(Bearer realm="https://auth.io/t")").token_request;
    ASSERT_TRUE(one && other);
    const Answer refusal{.url = Url::parse("https://auth.io/"), .status = 401};
    for (const auto& token : {*one, *other}) {
        const auto anonymous = authenticator_.on_token_answer(refusal, token.round);
        ASSERT_TRUE(anonymous);
        EXPECT_TRUE(anonymous->request.authorization.empty());
    }
    EXPECT_ERROR(ErrorKind::denied, authenticator_.on_token_answer(refusal, 1));
}

TEST_F(AuthenticatorTest, an_identity_token_that_counts_once_is_asked_for_by_two) {
    credentials_ = Credentials{"", Secret("first"), "", SecretKind::identity_token};
    const auto one = challenge(R"(Bearer realm="https://auth.io/t")").token_request;
    const auto other = challenge(R"(Bearer realm="https://auth.io/t")").token_request;
    authenticator_.on_token_answer(token_answer(R"({"token":"t","refresh_token":"second"})"),
                                   one->round);
    const auto again = authenticator_.on_token_answer(
        {.url = Url::parse("https://auth.io/"), .status = 400}, other->round);
    ASSERT_TRUE(again);
    EXPECT_THAT(again->request.form.reveal(), ::testing::EndsWith("refresh_token=second"));
    EXPECT_FALSE(authenticator_.credentials_refused());
}

TEST_F(AuthenticatorTest, a_token_refused_after_the_registry_turned_to_basic_leads_back_to_it) {
    credentials_ = Credentials{"me", Secret("pw")};
    const auto token = challenge(R"(Bearer realm="https://auth.io/t")").token_request;
    challenge("Basic realm=x");
    EXPECT_FALSE(authenticator_.on_token_answer(
        {.url = Url::parse("https://auth.io/"), .status = 401}, token->round));
    EXPECT_EQ(authenticator_.authorization().reveal(), "Basic " + base64_encode("me:pw"));
}

TEST_F(AuthenticatorTest, a_bearer_token_that_ran_out_while_credentials_were_refused_is_renewed) {
    credentials_ = Credentials{"me", Secret("stale")};
    const auto token = challenge(R"(Bearer realm="https://auth.io/t")").token_request;
    authenticator_.on_token_answer({.url = Url::parse("https://auth.io/"), .status = 401},
                                   token->round);
    const auto reaction = authenticator_.on_unauthorized(
        unauthorized("https://r.io/", {R"(Bearer realm="https://auth.io/t")"}),
        Secret("Bearer old"));
    EXPECT_TRUE(reaction.token_request);
}

TEST_F(AuthenticatorTest, basic_credentials_that_two_are_refused_with_are_left_by_both) {
    credentials_ = Credentials{"me", Secret("stale")};
    challenge("Basic realm=x");
    const auto sent = authenticator_.authorization();
    for (int i = 0; i < 2; ++i) {
        const auto reaction = authenticator_.on_unauthorized(
            unauthorized("https://r.io/v2/", {"Basic realm=x"}), sent);
        EXPECT_TRUE(reaction.ask_again);
        EXPECT_TRUE(authenticator_.authorization().empty());
    }
}

TEST_F(AuthenticatorTest,
       the_anonymous_stay_with_the_first_realm_and_the_known_follow_the_new_one) {
    challenge(R"(Bearer realm="https://first.io/t")");
    EXPECT_EQ(challenge(R"(Bearer realm="https://second.io/t")").token_request->request.url.host(),
              "first.io");
    credentials_ = {"me", Secret("pw")};
    Authenticator known("r.io", Url::parse("https://r.io"), "x", [this] { return credentials_; });
    const auto meet = [&](const char* header) {
        return known.on_unauthorized(unauthorized("https://r.io/", {header}), {}).token_request;
    };
    EXPECT_EQ(meet(R"(Bearer realm="https://first.io/t")")->request.authorization.reveal(),
              "Basic " + base64_encode("me:pw"));
    EXPECT_EQ(meet(R"(Bearer realm="https://second.io/t")")->request.url.host(), "second.io");
}

TEST_F(AuthenticatorTest, a_token_that_another_request_fetched_meanwhile_is_tried_first) {
    challenge(R"(Bearer realm="https://auth.io/t")");
    authenticator_.on_token_answer(token_answer(R"({"token":"new"})"), 0);
    const auto reaction = authenticator_.on_unauthorized(
        unauthorized("https://r.io/", {R"(Bearer realm="https://auth.io/t")"}),
        Secret("Bearer old"));
    EXPECT_TRUE(reaction.ask_again);
    EXPECT_FALSE(reaction.token_request);
}

TEST_F(AuthenticatorTest, the_identity_token_that_comes_with_a_token_is_the_one_for_the_next) {
    credentials_ = Credentials{"", Secret("first"), "", SecretKind::identity_token};
    const auto reaction = challenge(R"(Bearer realm="https://auth.io/t")");
    ASSERT_TRUE(reaction.token_request);
    EXPECT_THAT(reaction.token_request->request.form.reveal(),
                ::testing::EndsWith("refresh_token=first"));
    authenticator_.on_token_answer(token_answer(R"({"token":"t","refresh_token":"second"})"), 0);
    now_ += 60s;
    const auto renewal = authenticator_.renewal();
    ASSERT_TRUE(renewal);
    EXPECT_THAT(renewal->request.form.reveal(), ::testing::EndsWith("refresh_token=second"));
}

TEST_F(AuthenticatorTest, another_origin_cannot_make_us_send_credentials) {
    credentials_ = {"me", Secret("pw")};
    EXPECT_FALSE(challenge(R"(Bearer realm="https://evil.io/t")", "https://cdn.io/blob").ask_again);
    EXPECT_FALSE(challenge("Basic realm=\"x\"", "https://cdn.io/blob").ask_again);
}

TEST_F(AuthenticatorTest, a_scheme_nobody_speaks_ends_the_matter) {
    EXPECT_FALSE(challenge("Negotiate").ask_again);
    EXPECT_FALSE(challenge("Basic realm=\"x\"").ask_again); // without credentials
}

} // namespace aic::registry

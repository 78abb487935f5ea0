// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"
#include "registry/auth.hpp"
#include "registry/base64.hpp"
#include "registry/client.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/temp_dir.hpp"

namespace aic::registry {

using namespace std::chrono_literals;
using testing::FakeRequest;
using testing::FakeResponse;

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
    for (const auto& [realm, registry] : {std::pair{"http://auth.io/t", "https://r.io"},
                                          {"http://r.io/t", "https://r.io"},
                                          {"https://10.0.0.1/t", "https://r.io"},
                                          {"http://127.0.0.1/t", "https://r.io"},
                                          {"https://169.254.169.254/t", "https://r.io"},
                                          {"https://[::1]/t", "https://r.io"},
                                          {"http://10.0.0.1/t", "https://10.0.0.2"}})
        EXPECT_ERROR(ErrorKind::denied, token_url_for(realm, registry)) << realm;
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
    authenticator_.on_token_answer(token_answer(R"({"token":"t","expires_in":100})"));
    EXPECT_EQ(authenticator_.authorization().reveal(), "Bearer t");
    now_ += 79s;
    EXPECT_FALSE(authenticator_.renewal());
    now_ += 1s;
    ASSERT_TRUE(authenticator_.renewal());
    EXPECT_EQ(authenticator_.renewal()->url.host(), "auth.io");
}

TEST_F(AuthenticatorTest,
       the_anonymous_stay_with_the_first_realm_and_the_known_follow_the_new_one) {
    challenge(R"(Bearer realm="https://first.io/t")");
    EXPECT_EQ(challenge(R"(Bearer realm="https://second.io/t")").token_request->url.host(),
              "first.io");
    credentials_ = {"me", Secret("pw")};
    Authenticator known("r.io", Url::parse("https://r.io"), "x", [this] { return credentials_; });
    const auto meet = [&](const char* header) {
        return known.on_unauthorized(unauthorized("https://r.io/", {header}), {}).token_request;
    };
    EXPECT_EQ(meet(R"(Bearer realm="https://first.io/t")")->authorization.reveal(),
              "Basic " + base64_encode("me:pw"));
    EXPECT_EQ(meet(R"(Bearer realm="https://second.io/t")")->url.host(), "second.io");
}

TEST_F(AuthenticatorTest, a_token_that_another_request_fetched_meanwhile_is_tried_first) {
    challenge(R"(Bearer realm="https://auth.io/t")");
    authenticator_.on_token_answer(token_answer(R"({"token":"new"})"));
    const auto reaction = authenticator_.on_unauthorized(
        unauthorized("https://r.io/", {R"(Bearer realm="https://auth.io/t")"}),
        Secret("Bearer old"));
    EXPECT_TRUE(reaction.ask_again);
    EXPECT_FALSE(reaction.token_request);
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

/// The client against a registry that wants to know who asks.
class LoginTest : public ::testing::Test {
protected:
    LoginTest() {
        set_log_handler([this](LogLevel level, const std::string& message) {
            if (level == LogLevel::warning)
                warnings_ += message;
        });
        registry_.add_image("1", std::vector<std::string>{"layer"});
        registry_.script("/token", [this](const FakeRequest& request) { return token(request); });
    }

    ~LoginTest() override { set_log_handler({}); }

    FakeResponse token(const FakeRequest& request) const {
        const auto sent = request.header("authorization");
        if (sent.empty() ? !anonymous_allowed_ : sent != "Basic " + base64_encode("me:pw"))
            return {.status = 401, .body = R"({"details":"incorrect username or password"})"};
        return {.body = R"({"access_token":"good"})"};
    }

    void log_in(std::string_view user, std::string_view password) const {
        write_file(home_ / ".credentials",
                   fmt::format("machine 127.0.0.1 login {} password {}", user, password), 0600);
    }

    void require_bearer() {
        registry_.require(
            "Bearer good",
            {"Negotiate",
             fmt::format(R"(Basic realm="a, b", Bearer realm="{}/token",service="s, t")",
                         registry_.server().url())});
    }

    Digest resolve() {
        const auto environment = testing::fake_environment(
            {{"HOME", "/nowhere"}, {"ENROOT_CONFIG_PATH", home_.path().native()}});
        const auto reference = oci::Reference::parse(registry_.reference("1"));
        return Client(*reference.registry(), Config{}, environment).get_manifest({}).digest;
    }

    const testing::TempDir home_;
    bool anonymous_allowed_ = true;
    std::string warnings_;
    testing::FakeRegistry registry_;
};

TEST_F(LoginTest, an_anonymous_token_is_fetched) {
    require_bearer();
    resolve();
    const auto requests = registry_.server().requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[1].target, "/token?service=s%2c+t&scope=repository%3alab%2fx%3apull");
}

TEST_F(LoginTest, stored_credentials_get_a_token) {
    anonymous_allowed_ = false;
    require_bearer();
    log_in("me", "pw");
    resolve();
    EXPECT_EQ(warnings_, "");
}

TEST_F(LoginTest, stored_credentials_that_are_refused_are_left_out_with_a_warning) {
    require_bearer();
    log_in("me", "hunter2");
    resolve();
    EXPECT_NE(warnings_.find("refuses the stored credentials of user 'me'"), std::string::npos);
    EXPECT_EQ(warnings_.find("hunter2"), std::string::npos);
}

TEST_F(LoginTest, no_token_means_denied_with_the_servers_words) {
    anonymous_allowed_ = false;
    require_bearer();
    EXPECT_ERROR_SAYING(ErrorKind::denied, "incorrect username or password", resolve());
}

TEST_F(LoginTest, basic_credentials_are_sent_when_asked_for) {
    registry_.require("Basic " + base64_encode("me:pw"), {R"(Basic realm="x")"});
    log_in("me", "pw");
    resolve();
    EXPECT_EQ(registry_.server().requests().size(), 2U);
}

TEST_F(LoginTest, wrong_basic_credentials_are_denied_and_never_shown) {
    registry_.require("Basic x", {R"(Basic realm="x")"});
    log_in("me", "hunter2");
    const auto error = testing::error_thrown_by([&] { resolve(); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::denied, "refuses access (401)"));
    EXPECT_THAT(error->hint(), ::testing::StartsWith("the stored credentials are wrong"));
    EXPECT_EQ((error->message() + error->hint()).find("hunter2"), std::string::npos);
}

TEST_F(LoginTest, a_registry_that_wants_more_than_once_is_not_asked_for_ever) {
    registry_.require("never",
                      {fmt::format(R"(Bearer realm="{}/token")", registry_.server().url())});
    EXPECT_ERROR(ErrorKind::denied, resolve());
    EXPECT_EQ(registry_.server().requests().size(), 3U);
}

TEST_F(LoginTest, a_token_that_dies_early_is_replaced) {
    int asked = 0;
    registry_.script("/token", [&](const FakeRequest&) {
        return FakeResponse{.body = fmt::format(R"({{"token":"{}"}})", asked++)};
    });
    const std::vector<std::string> challenges = {
        fmt::format(R"(Bearer realm="{}/token")", registry_.server().url())};
    registry_.require("Bearer 0", challenges);
    const auto reference = oci::Reference::parse(registry_.reference("1"));
    Client client(*reference.registry(), Config{},
                  testing::fake_environment({{"HOME", "/nowhere"}}));
    client.get_manifest({});
    registry_.require("Bearer 1", challenges);
    client.get_manifest({});
    EXPECT_EQ(asked, 2);
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "core/log.hpp"
#include "registry/base64.hpp"
#include "registry/client.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/temp_dir.hpp"

namespace aic::registry {

using testing::FakeRequest;
using testing::FakeResponse;

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
    EXPECT_NE(warnings_.find("refuses the credentials of user 'me' from '"), std::string::npos);
    EXPECT_EQ(warnings_.find("hunter2"), std::string::npos);
}

TEST_F(LoginTest, no_token_means_denied_with_the_servers_words) {
    anonymous_allowed_ = false;
    require_bearer();
    const auto error = testing::error_thrown_by([&] { resolve(); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::denied, "incorrect username or password"));
    EXPECT_THAT(error->hint(), ::testing::StartsWith("'aic-image login 127.0.0.1:"));
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

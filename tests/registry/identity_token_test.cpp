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

/// The client with an identity token in Docker's file, and a registry that wants to know who asks.
class IdentityTokenTest : public ::testing::Test {
protected:
    IdentityTokenTest() {
        set_log_handler([this](LogLevel level, const std::string& message) {
            if (level == LogLevel::warning)
                warnings_ += message;
        });
        registry_.add_image("1", std::vector<std::string>{"layer"});
        registry_.require("Bearer good", {fmt::format(R"(Bearer realm="{}/token",service="s")",
                                                      registry_.server().url())});
        write_file(home_ / "config.json",
                   fmt::format(R"({{"auths":{{"{}":{{"auth":"{}","identitytoken":"id/+"}}}}}})",
                               registry_.server().host_and_port(), base64_encode("me:")),
                   0600);
    }

    ~IdentityTokenTest() override { set_log_handler({}); }

    void token_server(FakeResponse to_post, FakeResponse to_get) {
        registry_.script("/token", [=](const FakeRequest& request) {
            return request.method == "POST" ? to_post : to_get;
        });
    }

    void resolve() {
        const auto environment = testing::fake_environment(
            {{"HOME", "/nowhere"}, {"DOCKER_CONFIG", home_.path().native()}});
        const auto reference = oci::Reference::parse(registry_.reference("1"));
        Client(*reference.registry(), Config{}, environment).get_manifest({});
    }

    std::vector<FakeRequest> token_requests() {
        auto requests = registry_.server().requests();
        std::erase_if(requests, [](const auto& request) { return request.path() != "/token"; });
        return requests;
    }

    const FakeResponse refusal_{.status = 401, .body = R"({"details":"no"})"};
    const FakeResponse token_{.body = R"({"access_token":"good"})"};
    const testing::TempDir home_;
    std::string warnings_;
    testing::FakeRegistry registry_;
};

TEST_F(IdentityTokenTest, it_is_exchanged_by_a_post) {
    token_server(token_, refusal_);
    resolve();
    ASSERT_EQ(token_requests().size(), 1U);
    const auto request = token_requests().front();
    EXPECT_EQ(request.target, "/token");
    EXPECT_EQ(request.header("authorization"), "");
    EXPECT_EQ(request.header("content-type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(request.body, "grant_type=refresh_token&client_id=aic-image&service=s"
                            "&scope=repository%3Alab%2Fx%3Apull&refresh_token=id%2F%2B");
    EXPECT_EQ(warnings_, "");
}

TEST_F(IdentityTokenTest, a_server_that_knows_no_post_gets_it_as_a_password) {
    for (const int status : {404, 405}) {
        token_server({.status = status}, token_);
        resolve();
        const auto request = token_requests().back();
        EXPECT_EQ(request.method, "GET");
        EXPECT_EQ(request.target, "/token?service=s&scope=repository%3alab%2fx%3apull");
        EXPECT_EQ(request.header("authorization"), "Basic " + base64_encode("me:id/+"));
        EXPECT_EQ(request.body, "");
    }
}

TEST_F(IdentityTokenTest, one_that_is_refused_is_left_out_with_a_warning_that_does_not_show_it) {
    for (const int status : {400, 401, 403}) {
        warnings_.clear();
        token_server({.status = status, .body = R"({"error":"invalid_grant"})"}, token_);
        resolve();
        EXPECT_EQ(token_requests().back().header("authorization"), "");
        EXPECT_NE(warnings_.find("refuses the identity token from '"), std::string::npos);
        EXPECT_EQ(warnings_.find("id/+"), std::string::npos);
    }
}

TEST_F(IdentityTokenTest, it_does_not_follow_a_redirect_elsewhere) {
    testing::FakeServer elsewhere([&](const FakeRequest&) { return token_; });
    token_server({.status = 307, .headers = {{"Location", elsewhere.url() + "/token"}}}, refusal_);
    resolve();
    ASSERT_EQ(elsewhere.requests().size(), 1U);
    EXPECT_EQ(elsewhere.requests().front().method, "GET");
    EXPECT_EQ(elsewhere.requests().front().body, "");
}

} // namespace aic::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/base64.hpp"
#include "registry/login_proof.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_server.hpp"

namespace aic::registry {

using testing::FakeRequest;
using testing::FakeResponse;

/// A registry that knows one user.
class LoginProofTest : public ::testing::Test {
protected:
    FakeResponse answer(const FakeRequest& request) const {
        const auto sent = request.header("authorization");
        const bool knows = sent == "Basic " + base64_encode("me:hunter2");
        if (request.target.starts_with("/token"))
            return knows ? FakeResponse{.body = R"({"token":"good"})"}
                         : FakeResponse{.status = 401, .body = R"({"details":"wrong password"})"};
        if (challenge_.empty() || knows || sent == "Bearer good")
            return {.body = "{}"};
        return {.status = 401, .headers = {{"WWW-Authenticate", challenge_}}};
    }

    LoginProof prove(std::string password) {
        return prove_login(server_.host_and_port(), {"me", Secret(std::move(password))}, Config{},
                           testing::fake_environment({}), {});
    }

    std::string challenge_;
    testing::FakeServer server_{[this](const FakeRequest& request) { return answer(request); }};
};

TEST_F(LoginProofTest, a_registry_that_asks_nobody_proves_nothing) {
    EXPECT_EQ(prove("hunter2"), LoginProof::not_asked_for);
}

TEST_F(LoginProofTest, basic_credentials_are_accepted_or_denied) {
    challenge_ = R"(Basic realm="x")";
    EXPECT_EQ(prove("hunter2"), LoginProof::accepted);
    EXPECT_ERROR(ErrorKind::denied, prove("hunter3"));
}

TEST_F(LoginProofTest, a_token_proves_them_and_asks_for_no_repository) {
    challenge_ = fmt::format(R"(Bearer realm="{}/token",service="s")", server_.url());
    EXPECT_EQ(prove("hunter2"), LoginProof::accepted);
    EXPECT_EQ(server_.requests().at(1).target, "/token?service=s");
}

TEST_F(LoginProofTest, a_refusal_says_what_the_registry_said_and_never_the_password) {
    challenge_ = fmt::format(R"(Bearer realm="{}/token")", server_.url());
    const auto error = testing::error_thrown_by([&] { prove("dckr_pat_hunter3"); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::denied, "wrong password"));
    EXPECT_THAT(error->message(),
                ::testing::HasSubstr("as 'me' with a Docker personal access token"));
    EXPECT_EQ((error->message() + error->hint()).find("hunter3"), std::string::npos);
    EXPECT_EQ(server_.requests().size(), 2U); // and it was not asked for a nameless token
}

TEST_F(LoginProofTest, without_credentials_a_registry_is_open_or_asks) {
    const auto is_open_here = [&] {
        return is_open(server_.host_and_port(), Config{}, testing::fake_environment({}), {});
    };
    EXPECT_TRUE(is_open_here());
    challenge_ = R"(Basic realm="x")";
    EXPECT_FALSE(is_open_here());
    challenge_ = fmt::format(R"(Bearer realm="{}/token")", server_.url());
    EXPECT_FALSE(is_open_here());
}

TEST_F(LoginProofTest, what_does_not_answer_is_neither) {
    EXPECT_ERROR(ErrorKind::network,
                 is_open("127.0.0.1:1", Config{}, testing::fake_environment({}), {}));
}

} // namespace aic::registry

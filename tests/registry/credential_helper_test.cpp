// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "core/log.hpp"
#include "registry/credential_helper.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstdlib>

namespace aic::registry {

TEST(HelperOutputTest, it_holds_a_user_and_a_secret) {
    const auto found =
        parse_helper_output(R"({"ServerURL":"r.io","Username":"me","Secret":"hunter2"})");
    EXPECT_EQ(found.user, "me");
    EXPECT_EQ(found.password.reveal(), "hunter2");
}

TEST(HelperOutputTest, anything_else_is_an_error_without_the_contents) {
    for (const char* text :
         {"", "hunter2", "[]", R"({"Username":"me"})", R"({"Secret":"hunter2"})",
          R"({"Username":"me","Secret":""})", R"({"Username":"hunter2","Secret":["hunter2"]})"}) {
        const auto error = testing::error_thrown_by([&] { parse_helper_output(text); });
        ASSERT_TRUE(testing::is_error(error, ErrorKind::integrity)) << text;
        EXPECT_EQ(error->message().find("hunter2"), std::string::npos);
    }
}

/// A program docker-credential-test whose script is given.
class CredentialHelperTest : public ::testing::Test {
protected:
    CredentialHelperTest() {
        set_log_handler([this](LogLevel, const std::string& message) { warnings_ += message; });
        path_ = std::getenv("PATH");
        ::setenv("PATH", fmt::format("{}:{}", directory_.path().native(), path_).c_str(), 1);
    }

    ~CredentialHelperTest() override {
        set_log_handler({});
        ::setenv("PATH", path_.c_str(), 1);
    }

    std::optional<Credentials> ask(std::string_view script, std::string_view registry = "r.io") {
        write_file(directory_ / "docker-credential-test", fmt::format("#!/bin/sh\n{}\n", script),
                   0755);
        return ask_helper("test", registry, environment_for_helpers());
    }

    const testing::TempDir directory_;
    std::string path_;
    std::string warnings_;
};

TEST_F(CredentialHelperTest, it_is_asked_for_the_registry_on_its_standard_input) {
    const char* script = R"(read -r server; echo "{\"Username\":\"$1 $server\",\"Secret\":\"s\"}")";
    const auto found = ask(script);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->user, "get r.io");
    EXPECT_EQ(found->origin, "docker-credential-test");
    EXPECT_EQ(ask(script, "docker.io")->user, "get https://index.docker.io/v1/");
}

TEST_F(CredentialHelperTest, one_that_knows_nothing_is_silent) {
    EXPECT_EQ(ask("echo 'credentials not found in native keychain'; exit 1"), std::nullopt);
    EXPECT_EQ(warnings_, "");
}

TEST_F(CredentialHelperTest, one_that_fails_is_warned_of_without_its_words) {
    EXPECT_EQ(ask("echo hunter2; echo hunter2 >&2; exit 4"), std::nullopt);
    EXPECT_EQ(ask("echo hunter2"), std::nullopt);
    EXPECT_NE(warnings_.find("docker-credential-test ended with status 4"), std::string::npos);
    EXPECT_EQ(warnings_.find("hunter2"), std::string::npos);
}

TEST_F(CredentialHelperTest, one_that_is_not_installed_is_warned_of) {
    EXPECT_EQ(ask_helper("nowhere-to-be-found", "r.io", environment_for_helpers()), std::nullopt);
    EXPECT_NE(warnings_.find("docker-credential-nowhere-to-be-found is not installed"),
              std::string::npos);
}

TEST_F(CredentialHelperTest, the_user_token_says_that_it_is_an_identity_token) {
    const auto found = ask(R"(cat >/dev/null; echo '{"Username":"<token>","Secret":"s"}')");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->kind, SecretKind::identity_token);
    EXPECT_EQ(found->user, "");
    EXPECT_EQ(found->password.reveal(), "s");
}

TEST_F(CredentialHelperTest, it_does_not_get_our_secrets) {
    ::setenv("NGC_API_KEY", "hunter2", 1);
    const auto found =
        ask(R"(cat >/dev/null; echo "{\"Username\":\"u$NGC_API_KEY\",\"Secret\":\"s\"}")");
    ::unsetenv("NGC_API_KEY");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->user, "u");
}

} // namespace aic::registry

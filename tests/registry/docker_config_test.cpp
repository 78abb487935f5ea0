// SPDX-License-Identifier: Apache-2.0
#include "registry/base64.hpp"
#include "registry/docker_config.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::registry {

/// "login:password" of what was found, "" for nothing.
static std::string shown(const std::optional<Credentials>& found) {
    return found ? found->user + ":" + found->password.reveal() : "";
}

static std::string from_docker(std::string_view key, std::string_view registry,
                               std::string_view repository = "lab/x") {
    const auto json =
        fmt::format(R"({{"auths":{{"{}":{{"auth":"{}"}}}}}})", key, base64_encode("me:p:w"));
    return shown(DockerConfig::parse(json).find(registry, repository));
}

TEST(DockerConfigTest, keys_have_many_forms) {
    EXPECT_EQ(from_docker("https://index.docker.io/v1/", "docker.io"), "me:p:w");
    EXPECT_EQ(from_docker("docker.io", "docker.io"), "me:p:w");
    EXPECT_EQ(from_docker("r.io", "r.io"), "me:p:w");
    EXPECT_EQ(from_docker("https://r.io", "r.io"), "me:p:w");
    EXPECT_EQ(from_docker("r.io:5000", "r.io:5000"), "me:p:w");
    EXPECT_EQ(from_docker("r.io/lab", "r.io"), "me:p:w");
    EXPECT_EQ(from_docker("r.io/lab/x", "r.io"), "me:p:w");
    EXPECT_EQ(from_docker("r.io/la", "r.io"), "");
    EXPECT_EQ(from_docker("r.io", "r.io:5000"), "");
    EXPECT_EQ(from_docker("r.i", "r.io"), "");
    EXPECT_EQ(from_docker("", "r.io"), "");
}

TEST(DockerConfigTest, the_longest_key_wins) {
    const auto json =
        fmt::format(R"({{"auths":{{"r.io":{{"auth":"{}"}},"r.io/lab":{{"auth":"{}"}}}}}})",
                    base64_encode("a:1"), base64_encode("b:2"));
    EXPECT_EQ(shown(DockerConfig::parse(json).find("r.io", "lab/x")), "b:2");
    EXPECT_EQ(shown(DockerConfig::parse(json).find("r.io", "other/x")), "a:1");
}

TEST(DockerConfigTest, helpers_are_named_for_one_registry_or_for_all) {
    const auto config = DockerConfig::parse(
        R"({"credsStore":"pass","credHelpers":{"1.dkr.ecr.aws":"ecr-login","https://index.docker.io/v1/":"hub"}})");
    EXPECT_EQ(config.helper_for("1.dkr.ecr.aws"), "ecr-login");
    EXPECT_EQ(config.helper_for("docker.io"), "hub");
    EXPECT_EQ(config.helper_for("r.io"), "pass");
    EXPECT_EQ(DockerConfig::parse("{}").helper_for("r.io"), std::nullopt);
}

TEST(DockerConfigTest, a_helpers_name_is_no_path) {
    for (const char* text : {R"({"credsStore":"../x"})", R"({"credHelpers":{"r.io":"a b"}})"})
        EXPECT_ERROR(ErrorKind::integrity, DockerConfig::parse(text)) << text;
}

TEST(DockerConfigTest, an_identity_token_goes_before_what_stands_beside_it) {
    const auto config = DockerConfig::parse(fmt::format(
        R"({{"auths":{{"r.io":{{"identitytoken":"t","auth":"{}"}}}}}})", base64_encode("me:pw")));
    EXPECT_TRUE(config.holds_secrets());
    const auto found = config.find("r.io", "x");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->kind, SecretKind::identity_token);
    EXPECT_EQ(found->password.reveal(), "t");
    EXPECT_EQ(found->user, "me");
    ASSERT_EQ(config.entries("o").size(), 1U);
    EXPECT_EQ(name_of(config.entries("o").front().kind), "identity_token");
}

TEST(DockerConfigTest, what_is_listed_holds_no_secret) {
    const auto config = DockerConfig::parse(fmt::format(
        R"({{"credsStore":"pass","auths":{{"r.io/lab":{{"auth":"{}"}},"empty.io":{{}}}}}})",
        base64_encode("me:hunter2")));
    std::string text;
    for (const auto& entry : config.entries("'/c'"))
        text += fmt::format("{} {} {} {}\n", entry.registry, entry.user.value_or("-"),
                            name_of(entry.kind), entry.origin);
    EXPECT_EQ(text, "* - helper docker-credential-pass, named in '/c'\n"
                    "r.io/lab me password '/c'\n");
}

TEST(DockerConfigTest, a_broken_file_is_an_error_without_its_contents) {
    for (const char* text :
         {"", "[]", R"({"auths":[]})", R"({"auths":{"r.io":"x"}})",
          R"({"auths":{"r.io":{"auth":"%"}}})", R"({"auths":{"r.io":{"auth":"Zm9v"}}})"})
        EXPECT_ERROR(ErrorKind::integrity, DockerConfig::parse(text).find("r.io", "x")) << text;
}

} // namespace aic::registry

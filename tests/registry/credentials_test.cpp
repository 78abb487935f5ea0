// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "core/log.hpp"
#include "registry/base64.hpp"
#include "registry/credentials.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/temp_dir.hpp"

namespace aic::registry {

namespace fs = std::filesystem;

/// "login:password" of what was found, "" for nothing.
static std::string shown(const std::optional<Credentials>& found) {
    return found ? found->user + ":" + found->password.reveal() : "";
}

static std::string from_netrc(std::string_view text, std::string_view registry,
                              std::string_view user = "") {
    return shown(credentials_from_netrc(parse_netrc(text), registry, user, "/f"));
}

TEST(NetrcTest, words_may_stand_in_any_layout) {
    for (const char* text :
         {"machine r.io login me password pw", "machine r.io\nlogin me\n\tpassword pw\n",
          "# machine r.io login no password no\nmachine r.io password pw login me",
          "machine r.io # a comment\nlogin me password pw",
          "machine other login x password y machine r.io login me password pw",
          "machine r.io login \"me\" password \"pw\"",
          "macdef init\nmachine r.io login no password no\n\n"
          "machine r.io account a login me password pw"})
        EXPECT_EQ(from_netrc(text, "r.io"), "me:pw") << text;
}

TEST(NetrcTest, hosts_are_matched_without_port_and_registries_by_all_their_names) {
    struct Match {
        const char *machine, *registry;
        bool fits;
    };

    const Match matches[] = {{"r.io", "r.io:5000", true},
                             {"r.io:5000", "r.io", true},
                             {"r.io", "x.r.io", false},
                             {"nvcr.io", "nvcr.io", true},
                             {"authn.nvidia.com", "nvcr.io", true},
                             {"authn.nvidia.com", "r.io", false},
                             {"auth.docker.io", "docker.io", true},
                             {"index.docker.io", "docker.io", true},
                             {"[::1]", "[::1]:5000", true}};
    for (const auto& match : matches)
        EXPECT_EQ(
            from_netrc(fmt::format("machine {} login a password b", match.machine), match.registry),
            match.fits ? "a:b" : "")
            << match.machine << " " << match.registry;
}

TEST(NetrcTest, the_registrys_own_name_comes_before_its_others) {
    EXPECT_EQ(from_netrc(
                  "machine authn.nvidia.com login a password b\nmachine nvcr.io login c password d",
                  "nvcr.io"),
              "c:d");
}

TEST(NetrcTest, a_user_chooses_among_several_lines) {
    const char* text = "machine r.io login a password 1\nmachine r.io login b password 2";
    EXPECT_EQ(from_netrc(text, "r.io"), "a:1");
    EXPECT_EQ(from_netrc(text, "r.io", "b"), "b:2");
    EXPECT_EQ(from_netrc(text, "r.io", "c"), "");
}

TEST(NetrcTest, ngcs_user_name_is_literal_and_shell_expressions_are_passed_over_with_a_warning) {
    std::string warnings;
    set_log_handler([&](LogLevel, const std::string& message) { warnings += message; });
    EXPECT_EQ(from_netrc("machine nvcr.io login $oauthtoken password key", "nvcr.io"),
              "$oauthtoken:key");
    EXPECT_EQ(warnings, "");
    EXPECT_EQ(from_netrc("machine r.io login me password $(cat secret-file)", "r.io"), "");
    EXPECT_EQ(from_netrc("machine r.io login me password $SECRET", "r.io"), "");
    set_log_handler({});
    EXPECT_NE(warnings.find("r.io in '/f'"), std::string::npos);
    EXPECT_EQ(warnings.find("SECRET"), std::string::npos);
}

TEST(NetrcTest, a_default_entry_goes_to_nobody) {
    EXPECT_EQ(from_netrc("machine a login b password c default login d password e", "r.io"), "");
    EXPECT_EQ(from_netrc("machine a login b password c default login d password e", "a"), "b:c");
}

static std::string from_docker(std::string_view key, std::string_view registry,
                               std::string_view repository = "lab/x") {
    const auto json =
        fmt::format(R"({{"auths":{{"{}":{{"auth":"{}"}}}}}})", key, base64_encode("me:p:w"));
    return shown(credentials_from_docker_config(json, registry, repository));
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
    EXPECT_EQ(shown(credentials_from_docker_config(json, "r.io", "lab/x")), "b:2");
    EXPECT_EQ(shown(credentials_from_docker_config(json, "r.io", "other/x")), "a:1");
}

TEST(DockerConfigTest, identity_tokens_and_helpers_are_left_alone) {
    EXPECT_EQ(credentials_from_docker_config(R"({"credsStore":"x"})", "r.io", "x"), std::nullopt);
    EXPECT_EQ(
        credentials_from_docker_config(R"({"auths":{"r.io":{"identitytoken":"t"}}})", "r.io", "x"),
        std::nullopt);
}

TEST(DockerConfigTest, a_broken_file_is_an_error_without_its_contents) {
    for (const char* text :
         {"", "[]", R"({"auths":[]})", R"({"auths":{"r.io":"x"}})",
          R"({"auths":{"r.io":{"auth":"%"}}})", R"({"auths":{"r.io":{"auth":"Zm9v"}}})"})
        EXPECT_ERROR(ErrorKind::integrity, credentials_from_docker_config(text, "r.io", "x"))
            << text;
}

class FindCredentialsTest : public ::testing::Test {
protected:
    std::string find(std::string_view registry = "r.io") {
        return shown(find_credentials(
            registry, "lab/x", "", testing::fake_environment({{"HOME", home_.path().native()}})));
    }

    void write(const fs::path& name, std::string_view text, mode_t mode = 0600) {
        fs::create_directories((home_ / name).parent_path());
        write_file(home_ / name, text, mode);
    }

    const testing::TempDir home_;
};

TEST_F(FindCredentialsTest, without_files_there_are_none) {
    EXPECT_EQ(find(), "");
}

TEST_F(FindCredentialsTest, enroots_file_comes_before_dockers) {
    write(".docker/config.json", R"({"auths":{"r.io":{"auth":"ZDpk"}}})");
    EXPECT_EQ(find(), "d:d");
    write(".config/enroot/.credentials", "machine r.io login e password e");
    EXPECT_EQ(find(), "e:e");
    EXPECT_EQ(find("other.io"), "");
}

TEST_F(FindCredentialsTest, a_file_that_others_can_read_is_refused_with_what_mends_it) {
    write(".config/enroot/.credentials", "machine r.io login e password e", 0644);
    const auto error = testing::error_thrown_by([&] { find(); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::denied, ".credentials"));
    EXPECT_EQ(error->hint(),
              fmt::format("chmod 600 '{}'", (home_ / ".config/enroot/.credentials").native()));
}

TEST_F(FindCredentialsTest, a_readable_docker_config_without_passwords_does_no_harm) {
    write(".docker/config.json", R"({"credsStore":"desktop","auths":{"r.io":{}}})", 0644);
    EXPECT_EQ(find(), "");
    write(".docker/config.json", R"({"auths":{"other.io":{"auth":"ZDpk"}}})", 0644);
    EXPECT_ERROR(ErrorKind::denied, find());
}

TEST_F(FindCredentialsTest, variables_move_the_files) {
    const auto environment =
        testing::fake_environment({{"HOME", "/nowhere"}, {"ENROOT_CONFIG_PATH", "/e"}});
    EXPECT_EQ(enroot_credentials_path(environment), "/e/.credentials");
    EXPECT_EQ(enroot_credentials_path(testing::fake_environment({{"XDG_CONFIG_HOME", "/c"}})),
              "/c/enroot/.credentials");
}

} // namespace aic::registry

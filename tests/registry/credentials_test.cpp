// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "core/log.hpp"
#include "registry/base64.hpp"
#include "registry/credentials.hpp"
#include "registry/key_kind.hpp"
#include "registry/ngc_config.hpp"
#include "registry/private_file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/temp_dir.hpp"

namespace aic::registry {

namespace fs = std::filesystem;

class FindCredentialsTest : public ::testing::Test {
protected:
    std::string find(std::string_view registry = "r.io", std::string_view user = "") {
        const auto found =
            find_credentials(registry, "lab/x", user, testing::fake_environment(variables_));
        return found ? found->user + ":" + found->password.reveal() : "";
    }

    std::string origin() {
        const auto found =
            find_credentials("r.io", "lab/x", "", testing::fake_environment(variables_));
        return found ? found->origin : "";
    }

    void write(const fs::path& name, std::string_view text, mode_t mode = 0600) {
        fs::create_directories((home_ / name).parent_path());
        write_file(home_ / name, text, mode);
    }

    const testing::TempDir home_;
    std::map<std::string, std::string> variables_ = {{"HOME", home_.path().native()}};
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
    EXPECT_EQ(find(), ""); // the helper is not installed
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

TEST_F(FindCredentialsTest, the_places_are_tried_in_their_order) {
    const auto auth = [](std::string_view user) {
        return fmt::format(R"({{"auths":{{"r.io":{{"auth":"{}"}}}}}})",
                           base64_encode(fmt::format("{}:p", user)));
    };
    const auto path = [&](std::string_view name) { return (home_ / name).native(); };
    write(".docker/config.json", auth("docker"));
    EXPECT_EQ(find(), "docker:p");
    write(".config/containers/auth.json", auth("podman"));
    EXPECT_EQ(find(), "podman:p");
    write("run/containers/auth.json", auth("runtime"));
    variables_["XDG_RUNTIME_DIR"] = path("run");
    EXPECT_EQ(find(), "runtime:p");
    write("named.json", auth("named"));
    variables_["REGISTRY_AUTH_FILE"] = path("named.json");
    EXPECT_EQ(find(), "named:p");
    EXPECT_EQ(origin(), fmt::format("'{}'", path("named.json")));
    write(".config/enroot/.credentials", "machine r.io login enroot password p");
    EXPECT_EQ(find(), "enroot:p");
    variables_["AIC_IMAGE_USERNAME"] = "variable";
    std::string warnings;
    set_log_handler([&](LogLevel, const std::string& message) { warnings += message; });
    EXPECT_EQ(find(), "enroot:p"); // one of the two does not do
    set_log_handler({});
    EXPECT_EQ(warnings, "AIC_IMAGE_USERNAME is set and AIC_IMAGE_PASSWORD is not; neither is used");
    variables_["AIC_IMAGE_PASSWORD"] = "p";
    EXPECT_EQ(find(), "variable:p");
    EXPECT_EQ(origin(), "AIC_IMAGE_USERNAME and AIC_IMAGE_PASSWORD");
    EXPECT_EQ(find("r.io", "podman"), "podman:p");
    EXPECT_EQ(find("r.io", "nobody"), "");
}

TEST_F(FindCredentialsTest, ngc_keys_go_to_nvcr_io_alone) {
    write(".ngc/config", "[CURRENT]\napikey = from-file\norg = x\n");
    EXPECT_EQ(find("nvcr.io"), "$oauthtoken:from-file");
    EXPECT_EQ(find("r.io"), "");
    variables_["NGC_CLI_API_KEY"] = "cli";
    EXPECT_EQ(find("nvcr.io"), "$oauthtoken:cli");
    variables_["NGC_API_KEY"] = "key";
    EXPECT_EQ(find("nvcr.io"), "$oauthtoken:key");
    EXPECT_EQ(find("r.io"), "");
    EXPECT_EQ(find("nvcr.io.evil.com"), "");
}

TEST_F(FindCredentialsTest, two_ngc_keys_that_differ_are_warned_of_and_not_shown) {
    std::string warnings;
    set_log_handler([&](LogLevel, const std::string& message) { warnings += message; });
    variables_["NGC_API_KEY"] = "nvapi-1";
    variables_["NGC_CLI_API_KEY"] = "nvapi-1";
    find("nvcr.io");
    EXPECT_EQ(warnings, "");
    variables_["NGC_CLI_API_KEY"] = "nvapi-2";
    find("nvcr.io");
    set_log_handler({});
    EXPECT_NE(warnings.find("different keys"), std::string::npos);
    EXPECT_EQ(warnings.find("nvapi"), std::string::npos);
}

TEST_F(FindCredentialsTest, a_list_says_where_each_is_from) {
    write(".config/enroot/.credentials", "machine r.io login e password hunter2");
    write(".ngc/config", "apikey=hunter2");
    variables_["AIC_IMAGE_USERNAME"] = "v";
    variables_["AIC_IMAGE_PASSWORD"] = "hunter2";
    std::vector<std::string> listed;
    for (const auto& source : credential_sources(testing::fake_environment(variables_)))
        for (const auto& entry : source.list())
            listed.push_back(
                fmt::format("{} {} {}", entry.registry, entry.user.value_or("-"), entry.origin));
    EXPECT_THAT(listed,
                ::testing::ElementsAre(
                    "* v AIC_IMAGE_USERNAME and AIC_IMAGE_PASSWORD",
                    fmt::format("r.io e '{}'", (home_ / ".config/enroot/.credentials").native()),
                    fmt::format("nvcr.io $oauthtoken '{}'", (home_ / ".ngc/config").native())));
}

TEST(NgcConfigTest, the_key_is_found_in_any_section_and_layout) {
    const auto key = [](std::string_view text) {
        const auto found = ngc_api_key(text);
        return found ? found->reveal() : "";
    };
    EXPECT_EQ(key("[CURRENT]\napikey = k\nformat_type = ascii\n"), "k");
    EXPECT_EQ(key("apikey=k\r\n"), "k");
    EXPECT_EQ(key("apikey = a=b"), "a=b");
    EXPECT_EQ(key("apikey =\napikey = second"), "second");
    EXPECT_EQ(key("apikey = no-apikey"), "");
    EXPECT_EQ(key("# apikey = k\nmyapikey = k\n=k\n"), "");
}

TEST(KeyKindTest, keys_are_told_by_their_looks) {
    EXPECT_EQ(kind_of_key("nvcr.io", Secret("nvapi-x")), "NGC API key");
    EXPECT_EQ(kind_of_key("nvcr.io", Secret(std::string(84, 'a'))), "legacy NGC API key");
    EXPECT_EQ(kind_of_key("r.io", Secret(std::string(84, 'a'))), "password");
    EXPECT_EQ(kind_of_key("docker.io", Secret("dckr_pat_x")), "Docker personal access token");
}

} // namespace aic::registry

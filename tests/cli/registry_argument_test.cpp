// SPDX-License-Identifier: Apache-2.0
#include "cli/alias.hpp"
#include "cli/registry_argument.hpp"
#include "tests/support/expect_error.hpp"

#include <array>

namespace aic::cli {

TEST(RegistryArgumentTest, registries_have_many_spellings) {
    struct Case {
        const char *text, *registry, *user;
    };

    const Case cases[] = {{"", "docker.io", ""},
                          {"nvcr.io", "nvcr.io", ""},
                          {"NVCR.io", "nvcr.io", ""},
                          {"https://nvcr.io/", "nvcr.io", ""},
                          {"https://index.docker.io/v1/", "docker.io", ""},
                          {"me@r.io:5000", "r.io:5000", "me"},
                          {"localhost", "localhost", ""},
                          {"[::1]:5000", "[::1]:5000", ""}};
    for (const auto& [text, registry, user] : cases) {
        EXPECT_EQ(parse_registry_argument(text).registry, registry) << text;
        EXPECT_EQ(parse_registry_argument(text).user, user) << text;
    }
}

TEST(RegistryArgumentTest, a_host_called_as_a_scheme_is_a_host) {
    EXPECT_EQ(parse_registry_argument("oci:5000").registry, "oci:5000");
    EXPECT_EQ(parse_registry_argument("https://docker-archive:5000/v2/").registry,
              "docker-archive:5000");
}

TEST(RegistryArgumentTest, what_is_none_is_a_usage_error) {
    for (const char* text : {"a b", "/", "://", "r.io:port", "#"})
        EXPECT_ERROR(ErrorKind::usage, parse_registry_argument(text)) << text;
}

static std::string shown(std::vector<const char*> arguments) {
    std::vector<char*> pointers;
    for (const auto* argument : arguments)
        pointers.push_back(const_cast<char*>(argument));
    std::string text;
    for (const auto* argument : without_alias(pointers).arguments)
        text += argument ? argument + std::string(" ") : "end";
    return text;
}

TEST(AliasTest, nvcrlogin_is_a_login_to_nvcr_io) {
    EXPECT_EQ(shown({"/usr/bin/nvcrlogin", "--json"}), "aic-image login nvcr.io --json end");
    EXPECT_EQ(shown({"nvcrlogin"}), "aic-image login nvcr.io end");
}

TEST(AliasTest, help_for_a_verb_is_its_option) {
    EXPECT_EQ(shown({"aic-image", "help", "pull"}), "aic-image pull --help end");
    EXPECT_EQ(shown({"aic-image", "help"}), "aic-image --help end");
    EXPECT_EQ(shown({"aic-image", "run", "help"}), "aic-image run help end");
}

TEST(AliasTest, other_names_stand_for_themselves) {
    EXPECT_EQ(shown({"/usr/bin/aic-image", "list"}), "/usr/bin/aic-image list end");
    EXPECT_EQ(shown({}), "end");
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"
#include "registry/registries_conf.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::registry {

TEST(RegistriesConfTest, all_that_concerns_us_is_read) {
    const auto registries = parse_registries_conf(R"(
        unqualified-search-registries = ["docker.io"]
        short-name-mode = "enforcing"
        [aliases]
        "x" = "r.io/x"
        [[registry]]
        prefix = "docker.io/library"
        location = "cache.lab:5000/hub/"
        insecure = true
        [[registry.mirror]]
        location = "mirror.lab/hub"
        [[registry.mirror]]
        location = "mirror2.lab"
        insecure = true
        pull-from-mirror = "digest-only"
        [[registry.mirror]]
        location = "mirror3.lab"
        pull-from-mirror = "tag-only"
        [[registry]]
        location = "evil.io"
        blocked = true
    )");
    ASSERT_EQ(registries.size(), 2U);
    EXPECT_EQ(registries[0].prefix, "docker.io/library");
    EXPECT_EQ(registries[0].location, "cache.lab:5000/hub");
    EXPECT_TRUE(registries[0].insecure);
    EXPECT_FALSE(registries[0].blocked);
    ASSERT_EQ(registries[0].mirrors.size(), 3U);
    EXPECT_EQ(registries[0].mirrors[0].location, "mirror.lab/hub");
    EXPECT_EQ(registries[0].mirrors[0].use, MirrorUse::always);
    EXPECT_TRUE(registries[0].mirrors[1].insecure);
    EXPECT_EQ(registries[0].mirrors[1].use, MirrorUse::by_digest);
    EXPECT_EQ(registries[0].mirrors[2].use, MirrorUse::by_tag);
    EXPECT_EQ(registries[1].prefix, "evil.io");
    EXPECT_TRUE(registries[1].blocked);
    EXPECT_TRUE(parse_registries_conf("").empty());
}

TEST(RegistriesConfTest, all_mirrors_of_a_registry_may_be_for_digests_only) {
    const auto registries = parse_registries_conf(R"(
        [[registry]]
        location = "r.io"
        mirror-by-digest-only = true
        [[registry.mirror]]
        location = "mirror.lab"
    )");
    EXPECT_EQ(registries.at(0).mirrors.at(0).use, MirrorUse::by_digest);
}

TEST(RegistriesConfTest, version_1_is_read_too) {
    const auto registries = parse_registries_conf(R"(
        [registries.search]
        registries = ["docker.io"]
        [registries.insecure]
        registries = ["r.io:5000", "both.io"]
        [registries.block]
        registries = ["evil.io/lab/", "both.io"]
    )");
    ASSERT_EQ(registries.size(), 3U);
    EXPECT_EQ(registries[0].prefix, "r.io:5000");
    EXPECT_TRUE(registries[0].insecure && !registries[0].blocked);
    EXPECT_TRUE(registries[1].insecure && registries[1].blocked);
    EXPECT_EQ(registries[2].prefix, "evil.io/lab");
    EXPECT_TRUE(registries[2].blocked && !registries[2].insecure);
}

TEST(RegistriesConfTest, a_file_that_is_wrong_is_refused_with_its_line) {
    const std::pair<const char*, const char*> files[] = {
        {"x", "line 1"},
        {"[[registry]]\nblocked = \"true\"\nprefix = \"x\"", "line 2: 'blocked' is not"},
        {"[[registry]]\nprefix = 1", "line 2: 'prefix' is not a string"},
        {"[[registry]]\ninsecure = true", "line 1: a registry has neither"},
        {"[registry]\nprefix = \"x\"", "'registry' is no list of tables"},
        {"registry = [1]", "'registry' is no list of tables"},
        {"[[registry]]\nprefix = \"x\"\n[[registry.mirror]]\ninsecure = true",
         "line 3: a mirror has no location"},
        {"[[registry]]\nprefix = \"x\"\npull-from-mirror = \"all\"",
         "line 3: 'pull-from-mirror' b"},
        {"[[registry]]\nprefix = \"x\"\n[[registry.mirror]]\nlocation = \"m\"\n"
         "pull-from-mirror = \"never\"",
         "line 5: 'pull-from-mirror' is 'never'"},
        {"[[registry]]\nprefix = \"x\"\nmirror-by-digest-only = true\n[[registry.mirror]]\n"
         "location = \"m\"\npull-from-mirror = \"all\"",
         "line 6: 'pull-from-mirror' contradicts"},
        {"registries = 1", "line 1: 'registries' is no table"},
        {"[registries]\nblock = [\"x\"]", "'registries.block' has no list"},
        {"[registries.block]\nregistries = \"x\"", "'registries.block' has no list"},
        {"[registries.block]\nregistries = [1]", "line 2: a registry is not a string"},
        {"[registries.block]\nregistries = []\n[[registry]]\nprefix = \"x\"",
         "the versions 1 and 2"}};
    for (const auto& [text, saying] : files)
        EXPECT_ERROR_SAYING(ErrorKind::usage, saying, parse_registries_conf(text)) << text;
}

} // namespace aic::registry

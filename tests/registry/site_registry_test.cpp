// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"
#include "registry/registries_conf.hpp"
#include "registry/site_registry.hpp"
#include "tests/support/expect_error.hpp"

#include <utility>

namespace aic::registry {

static oci::RegistryReference reference_to(const char* text) {
    return *oci::Reference::parse(text).registry();
}

/// Where the file says that the reference is.
static std::string place_of(const char* reference, std::string_view file) {
    const auto registries = parse_registries_conf(file);
    const auto* found = find_registry(registries, full_name(reference_to(reference)));
    return found ? relocated(reference_to(reference), *found).str() : "not mentioned";
}

TEST(SiteRegistryTest, the_location_stands_in_the_place_of_the_prefix) {
    const char* file = R"(
        [[registry]]
        prefix = "docker.io"
        location = "cache.lab/hub"
        [[registry]]
        prefix = "docker.io/lab/x"
        location = "node7:5000"
        [[registry]]
        prefix = "plain"
        location = "host/deep/path"
        [[registry]]
        prefix = "*.corp.io"
        insecure = true
    )";
    EXPECT_EQ(place_of("ubuntu:22.04", file), "cache.lab/hub/library/ubuntu:22.04");
    EXPECT_EQ(place_of("lab/xy", file), "cache.lab/hub/lab/xy:latest");
    EXPECT_EQ(place_of("lab/x/y:1", file), "node7:5000/y:1");
    EXPECT_EQ(place_of("plain#a:1", file), "host#deep/path/a:1");
    EXPECT_EQ(place_of("a.b.corp.io/x:1", file), "a.b.corp.io/x:1");
    EXPECT_EQ(place_of("a.corp.io:5000/x:1", file), "a.corp.io:5000/x:1");
    EXPECT_EQ(place_of("corp.io/x:1", file), "not mentioned");
    EXPECT_EQ(place_of("r.io/x:1", file), "not mentioned");
    const auto digest = "@sha256:" + std::string(64, 'a');
    EXPECT_EQ(place_of(("lab/z" + digest).c_str(), file), "cache.lab/hub/lab/z" + digest);
}

TEST(SiteRegistryTest, a_prefix_ends_where_a_part_of_the_name_ends) {
    const SiteRegistry registry{.prefix = "r.io/lab"};
    for (const char* name : {"r.io/lab", "r.io/lab/x"})
        EXPECT_TRUE(registry.matched_bytes(name).has_value()) << name;
    for (const char* name : {"r.io/laboratory", "r.io", "xr.io/lab"})
        EXPECT_FALSE(registry.matched_bytes(name).has_value()) << name;
    const SiteRegistry host{.prefix = "r.io"};
    EXPECT_FALSE(host.matched_bytes("r.io:5000/x").has_value());
    EXPECT_FALSE(SiteRegistry{.prefix = "r.io:500"}.matched_bytes("r.io:5000/x"));
    const SiteRegistry wildcard{.prefix = "*.r.io"};
    EXPECT_TRUE(wildcard.matched_bytes("a.r.io/x").has_value());
    EXPECT_FALSE(wildcard.matched_bytes("ar.io/x").has_value());
    EXPECT_FALSE(wildcard.matched_bytes("r.io/a.r.io").has_value());
}

TEST(SiteRegistryTest, a_location_stands_for_every_host_of_a_wildcard) {
    const char* file = R"(
        [[registry]]
        prefix = "*.corp.io"
        location = "cache.lab/corp"
        [[registry]]
        prefix = "ab.corp.io"
        location = "cache.lab/ab"
    )";
    EXPECT_EQ(place_of("a.b.corp.io/x:1", file), "cache.lab/corp/x:1");
    EXPECT_EQ(place_of("a.corp.io:5000/x:1", file), "cache.lab/corp/x:1");
    EXPECT_EQ(place_of("ab.corp.io/x:1", file), "cache.lab/ab/x:1");
}

TEST(SiteRegistryTest, of_two_prefixes_that_are_as_long_the_exact_one_counts) {
    for (const bool wildcard_first : {true, false}) {
        std::vector<SiteRegistry> registries{{.prefix = "*.r.io"}, {.prefix = "a.r.io"}};
        if (!wildcard_first)
            std::swap(registries[0], registries[1]);
        EXPECT_EQ(find_registry(registries, "a.r.io/x:1")->prefix, "a.r.io");
        EXPECT_EQ(find_registry(registries, "b.r.io/x:1")->prefix, "*.r.io");
    }
}

TEST(SiteRegistryTest, a_prefix_may_be_one_image) {
    const auto digest = "sha256:" + std::string(64, 'a');
    const auto file = fmt::format(R"(
        [[registry]]
        prefix = "r.io/x:bad"
        blocked = true
        [[registry]]
        prefix = "r.io/x:old"
        location = "cache.lab/y:new"
        [[registry]]
        prefix = "r.io/z@{}"
        location = "cache.lab/z:found"
    )",
                                  digest);
    EXPECT_ERROR(ErrorKind::denied, place_of("r.io/x:bad", file));
    EXPECT_EQ(place_of("r.io/x:old", file), "cache.lab/y:new");
    EXPECT_EQ(place_of(("r.io/z@" + digest).c_str(), file), "cache.lab/z:found");
    EXPECT_EQ(place_of("r.io/x:badly", file), "not mentioned");
}

TEST(SiteRegistryTest, a_mirror_has_the_same_repositories) {
    const SiteRegistry registry{.prefix = "r.io/lab"};
    const SiteRegistry::Mirror mirror{.location = "mirror.lab:5000/r"};
    EXPECT_EQ(mirrored(reference_to("r.io/lab/x:1"), registry, mirror).str(),
              "mirror.lab:5000/r/x:1");
    EXPECT_EQ(mirrored(reference_to("me@r.io#lab/x:1"), registry, mirror).user, "");
}

TEST(SiteRegistryTest, a_mirror_may_be_for_tags_or_for_digests_alone) {
    const auto by_tag = reference_to("r.io/x:1");
    const auto by_digest = reference_to(("r.io/x:1@sha256:" + std::string(64, 'a')).c_str());
    EXPECT_TRUE(is_for({.use = MirrorUse::always}, by_tag));
    EXPECT_TRUE(is_for({.use = MirrorUse::always}, by_digest));
    EXPECT_TRUE(is_for({.use = MirrorUse::by_tag}, by_tag));
    EXPECT_FALSE(is_for({.use = MirrorUse::by_tag}, by_digest));
    EXPECT_FALSE(is_for({.use = MirrorUse::by_digest}, by_tag));
    EXPECT_TRUE(is_for({.use = MirrorUse::by_digest}, by_digest));
}

TEST(SiteRegistryTest, what_is_blocked_is_denied) {
    const char* file = "[[registry]]\nprefix = \"evil.io/lab\"\nblocked = true\n";
    EXPECT_ERROR_SAYING(ErrorKind::denied, "block 'evil.io/lab'", place_of("evil.io/lab/x", file));
    EXPECT_EQ(place_of("evil.io/fine/x", file), "not mentioned");
}

TEST(SiteRegistryTest, a_location_that_is_none_is_refused) {
    for (const char* location :
         {"https://r.io", "r.io/UPPER", "r.io/a b", "r.io?x", "oci:r", "docker-archive:r/x"})
        EXPECT_ERROR(ErrorKind::usage,
                     place_of("a.io/x", fmt::format("[[registry]]\nprefix = \"a.io\"\n"
                                                    "location = \"{}\"\n",
                                                    location)))
            << location;
}

} // namespace aic::registry

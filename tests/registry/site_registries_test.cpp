// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"
#include "core/files.hpp"
#include "registry/client.hpp"
#include "registry/site_registries.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/temp_dir.hpp"

namespace fs = std::filesystem;

namespace aic::registry {

class SiteRegistriesTest : public ::testing::Test {
protected:
    /// A file that says where a.io is.
    void write(const fs::path& file, const std::string& location) const {
        fs::create_directories((root_ / file).parent_path());
        write_file(root_ / file,
                   fmt::format("[[registry]]\nprefix = \"a.io\"\nlocation = \"{}\"\n", location));
    }

    /// The locations that are read, in order.
    std::vector<std::string> locations() const {
        std::vector<std::string> found;
        for (const auto& registry :
             load_site_registries(testing::fake_environment(variables_), root_.path()))
            found.push_back(registry.location);
        return found;
    }

    const testing::TempDir root_;
    std::map<std::string, std::string> variables_ = {{"HOME", (root_ / "home").native()}};
};

TEST_F(SiteRegistriesTest, the_users_file_goes_before_the_sites) {
    EXPECT_TRUE(locations().empty());
    write("etc/containers/registries.conf", "site.io");
    EXPECT_EQ(locations(), std::vector<std::string>{"site.io"});
    write("home/.config/containers/registries.conf", "user.io");
    EXPECT_EQ(locations(), std::vector<std::string>{"user.io"});
}

TEST_F(SiteRegistriesTest, what_is_added_takes_the_place_of_what_was_there) {
    write("etc/containers/registries.conf", "site.io");
    write("etc/containers/registries.conf.d/20.conf", "second.io");
    write("etc/containers/registries.conf.d/10.conf", "first.io");
    write("etc/containers/registries.conf.d/30.conf.bak", "never.io");
    EXPECT_EQ(locations(), std::vector<std::string>{"second.io"});
    write("home/.config/containers/registries.conf.d/00.conf", "user.io");
    EXPECT_EQ(locations(), std::vector<std::string>{"user.io"});
}

TEST_F(SiteRegistriesTest, nothing_is_added_to_the_users_file_but_what_is_the_users) {
    write("home/.config/containers/registries.conf", "user.io");
    write("etc/containers/registries.conf.d/10.conf", "site.io");
    EXPECT_EQ(locations(), std::vector<std::string>{"user.io"});
    write("home/.config/containers/registries.conf.d/10.conf", "more.io");
    EXPECT_EQ(locations(), std::vector<std::string>{"more.io"});
}

TEST_F(SiteRegistriesTest, a_file_that_is_named_goes_before_all_others) {
    write("own.conf", "own.io");
    write("etc/containers/registries.conf", "site.io");
    write("home/.config/containers/registries.conf", "user.io");
    variables_["CONTAINERS_REGISTRIES_CONF"] = (root_ / "own.conf").native();
    EXPECT_EQ(locations(), std::vector<std::string>{"own.io"});
    write("etc/containers/registries.conf.d/10.conf", "added.io");
    EXPECT_EQ(locations(), std::vector<std::string>{"added.io"});
    fs::remove(root_ / "own.conf");
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "CONTAINERS_REGISTRIES_CONF", locations());
}

TEST_F(SiteRegistriesTest, a_file_that_is_wrong_is_named) {
    fs::create_directories(root_ / "etc/containers");
    write_file(root_ / "etc/containers/registries.conf", "[[registry");
    EXPECT_ERROR_SAYING(ErrorKind::usage, "etc/containers/registries.conf': line 1", locations());
}

TEST_F(SiteRegistriesTest, a_client_asks_where_the_site_says) {
    testing::FakeRegistry registry;
    registry.add_image("1", std::vector<std::string>{"layer"});
    const auto resolve = [&](const std::string& settings) {
        write_file(root_ / "own.conf", settings);
        const auto reference = oci::Reference::parse("cluster.invalid/any/x:1");
        Client client(*reference.registry(), Config{},
                      testing::fake_environment(
                          {{"HOME", "/nowhere"},
                           {"CONTAINERS_REGISTRIES_CONF", (root_ / "own.conf").native()}}));
        client.get_manifest({});
    };
    resolve(fmt::format("[[registry]]\nprefix = \"cluster.invalid/any\"\nlocation = \"{}/lab\"\n",
                        registry.server().host_and_port()));
    EXPECT_EQ(registry.server().count("/v2/lab/x/manifests/1"), 1U);
    EXPECT_ERROR_SAYING(ErrorKind::denied, "block 'cluster.invalid'",
                        resolve("[[registry]]\nprefix = \"cluster.invalid\"\nblocked = true\n"));
}

TEST_F(SiteRegistriesTest, what_the_site_calls_insecure_may_be_asked_without_tls) {
    write_file(root_ / "own.conf", "[[registry]]\nprefix = \"a.io/plain\"\ninsecure = true\n");
    const auto environment =
        testing::fake_environment({{"CONTAINERS_REGISTRIES_CONF", (root_ / "own.conf").native()}});
    Config config;
    config.insecure_registries.value = {"b.io"};
    const auto insecure = [&](const char* text) {
        return locate(*oci::Reference::parse(text).registry(), config, environment)
            .back()
            .insecure_registries;
    };
    EXPECT_EQ(insecure("a.io/plain/x"), (std::vector<std::string>{"b.io", "a.io"}));
    EXPECT_EQ(insecure("a.io/other"), std::vector<std::string>{"b.io"});
}

TEST_F(SiteRegistriesTest, who_logs_in_to_an_insecure_mirror_needs_no_tls) {
    write_file(root_ / "own.conf", "[[registry]]\nprefix = \"a.io\"\n[[registry.mirror]]\n"
                                   "location = \"mirror.lab:5000/a\"\ninsecure = true\n");
    variables_["CONTAINERS_REGISTRIES_CONF"] = (root_ / "own.conf").native();
    const auto insecure = [&](const char* registry) {
        return insecure_registries(registry, Config{}, testing::fake_environment(variables_));
    };
    EXPECT_EQ(insecure("mirror.lab:5000"), std::vector<std::string>{"mirror.lab:5000"});
    EXPECT_TRUE(insecure("mirror.lab").empty());
    EXPECT_TRUE(insecure("a.io").empty());
}

} // namespace aic::registry

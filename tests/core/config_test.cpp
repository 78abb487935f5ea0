// SPDX-License-Identifier: Apache-2.0
#include "core/config.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/temp_dir.hpp"

namespace fs = std::filesystem;

namespace aic {

using testing::fake_environment;

class ConfigTest : public ::testing::Test {
protected:
    void user_file(std::string_view text) {
        fs::create_directories(home_ / ".config/aic-image");
        write_file(home_ / ".config/aic-image/config.toml", text);
    }

    Config load(std::map<std::string, std::string> variables = {}) {
        variables.emplace("HOME", home_.path().native());
        return load_config(fake_environment(std::move(variables)), home_ / "site.toml");
    }

    const testing::TempDir home_;
};

TEST_F(ConfigTest, without_settings_there_are_defaults) {
    const auto config = load({{"XDG_DATA_HOME", "/xdg"}, {"TMPDIR", "/scratch"}});
    EXPECT_EQ(config.compression.value, "zstd");
    EXPECT_EQ(config.compression.origin, "default");
    EXPECT_EQ(config.spool.value.parent_path(), "/scratch");
}

TEST_F(ConfigTest, the_environment_wins_over_the_user_and_the_user_over_the_site) {
    user_file("compression = \"lz4\"\nblock_size = \"1M\"\n");
    write_file(home_ / "site.toml", "compression = \"gzip\"\nspool = \"/site/spool\"\n");
    const auto config = load({{"AIC_IMAGE_BLOCK_SIZE", "256K"}});
    EXPECT_EQ(config.block_size.value, "256K");
    EXPECT_EQ(config.block_size.origin, "AIC_IMAGE_BLOCK_SIZE");
    EXPECT_EQ(config.compression.value, "lz4");
    EXPECT_EQ(config.spool.value, "/site/spool");
    EXPECT_EQ(config.spool.origin, (home_ / "site.toml").native());
}

TEST_F(ConfigTest, a_tilde_is_the_home_directory) {
    user_file("store = \"~/images\"\n");
    EXPECT_EQ(load().store.value, home_ / "images");
}

TEST_F(ConfigTest, the_search_path_has_colons_and_its_first_writable_store_takes_what_is_new) {
    std::filesystem::create_directory(home_ / "lab");
    const auto lab = (home_ / "lab").native();
    const auto config = load({{"AIC_IMAGE_STORES", "/nowhere/site::" + lab}});
    EXPECT_EQ(config.store.value, lab);
    EXPECT_EQ(config.store.origin, "AIC_IMAGE_STORES");
    const std::vector<std::filesystem::path> path = {"/nowhere/site", lab};
    EXPECT_EQ(config.further_stores.value, path);
}

TEST_F(ConfigTest, the_store_that_is_named_takes_what_is_new) {
    user_file("stores = [\"~/lab\"]\n");
    const auto config = load({{"AIC_IMAGE_ROOT", "/mine"}});
    EXPECT_EQ(config.store.value, "/mine");
    ASSERT_EQ(config.further_stores.value.size(), 1U);
    EXPECT_EQ(config.further_stores.value[0], home_ / "lab");
}

TEST_F(ConfigTest, publishers_of_all_files_count) {
    user_file("publishers = [\"alice\"]\n");
    write_file(home_ / "site.toml", "publishers = [\"@keepers\"]\n");
    EXPECT_THAT(load({}).publishers.value, ::testing::UnorderedElementsAre("alice", "@keepers"));
}

TEST_F(ConfigTest, insecure_registries_of_all_files_count) {
    user_file("insecure_registries = [\"a:5000\"]\n");
    write_file(home_ / "site.toml", "insecure_registries = [\"b\"]\n");
    EXPECT_EQ(load().insecure_registries.value, (std::vector<std::string>{"a:5000", "b"}));
}

TEST_F(ConfigTest, how_long_images_stay_is_a_table) {
    using namespace std::chrono_literals;
    const auto defaults = load().gc;
    EXPECT_EQ(defaults.min_age.value, 14 * 24h);
    EXPECT_EQ(defaults.trash_age.value, 7 * 24h);
    EXPECT_FALSE(defaults.max_size_bytes.value);
    user_file("[gc]\nmin_age = \"3d\"\nmax_size = \"500G\"\n");
    const auto gc = load().gc;
    EXPECT_EQ(gc.min_age.value, 72h);
    EXPECT_EQ(gc.min_age.origin, (home_ / ".config/aic-image/config.toml").native());
    EXPECT_EQ(gc.trash_age.origin, "default");
    EXPECT_EQ(gc.max_size_bytes.value, 500ULL << 30);
}

TEST_F(ConfigTest, a_setting_in_a_table_that_makes_no_sense_is_named) {
    user_file("[gc]\nmin_age = \"soon\"\n");
    EXPECT_ERROR_SAYING(ErrorKind::usage, "gc.min_age", load());
    user_file("[gc]\nmin_age = 3\n");
    EXPECT_ERROR_SAYING(ErrorKind::usage, "gc.min_age", load());
}

TEST_F(ConfigTest, what_is_no_setting_is_told_with_what_was_meant) {
    user_file(
        "store = \"x\"\nstroe = \"x\"\n[gc]\nmin_age = \"3d\"\nminage = \"3d\"\n[frob]\nx = 1\n");
    const auto unknown = load({{"AIC_IMAGE_ROOT", "/mine"}}).unknown;
    ASSERT_EQ(unknown.size(), 3U);
    EXPECT_EQ(unknown[0].key, "frob.x");
    EXPECT_EQ(unknown[0].meant, std::nullopt);
    EXPECT_EQ(unknown[1].key, "gc.minage");
    EXPECT_EQ(unknown[1].meant, "gc.min_age");
    EXPECT_EQ(unknown[2].key, "stroe");
    EXPECT_EQ(unknown[2].meant, "store");
    EXPECT_EQ(unknown[2].file, home_ / ".config/aic-image/config.toml");
}

TEST_F(ConfigTest, a_mistake_in_a_file_is_named_with_its_line) {
    user_file("store = \"x\"\nspool = [\n");
    EXPECT_ERROR_SAYING(ErrorKind::usage, "config.toml", load());
    user_file("store = 3\n");
    EXPECT_ERROR_SAYING(ErrorKind::usage, "'store'", load());
}

} // namespace aic

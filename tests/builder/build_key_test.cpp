// SPDX-License-Identifier: Apache-2.0
#include "builder/build/inputs.hpp"
#include "builder/build/step_key.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace aic::build {
namespace {

namespace fs = std::filesystem;

const StepKey k_base = base_key(ImageId(sha256_of("config")), "zstd1-128k");

Step step(std::string script) {
    return {.label = "s.sh", .script = std::move(script)};
}

TEST(StepKeyTest, everything_that_a_step_depends_on_changes_its_key) {
    const std::optional<InputDigest> inputs(InputDigest(sha256_of("inputs")));
    const std::set<StepKey> keys = {
        k_base,
        step_key(k_base, step("a"), {}, inputs),
        step_key(k_base, step("b"), {}, inputs),
        step_key(k_base, step("a"), {"A=b"}, inputs),
        step_key(k_base, step("a"), {"A=b", "B=c"}, inputs),
        step_key(k_base, step("a"), {"A=bB=c"}, inputs),
        step_key(k_base, step("a"), {}, std::nullopt),
        step_key(base_key(ImageId(sha256_of("config")), "lz4-128k"), step("a"), {}, inputs),
        step_key(step_key(k_base, step("a"), {}, inputs), step("a"), {}, inputs),
    };
    EXPECT_EQ(keys.size(), 9U);
}

TEST(StepKeyTest, what_people_call_a_step_and_what_it_does_not_see_change_nothing) {
    auto renamed = step("a");
    renamed.label = "t.sh";
    const auto inputs = InputDigest(sha256_of("inputs"));
    EXPECT_EQ(step_key(k_base, step("a"), {}, inputs), step_key(k_base, renamed, {}, inputs));
    auto blind = step("a");
    blind.workspace = Workspace::hidden;
    EXPECT_EQ(step_key(k_base, blind, {}, inputs), step_key(k_base, blind, {}, std::nullopt));
}

TEST(StepKeyTest, what_an_image_says_of_itself_changes_its_key) {
    const std::set<StepKey> keys = {
        image_key(k_base, {}),
        image_key(k_base, {.env = {"A=b"}}),
        image_key(k_base, {.working_dir = "/w"}),
        image_key(k_base, {.entrypoint = std::vector<std::string>{"/w"}}),
        image_key(k_base, {.entrypoint = std::vector<std::string>{}}),
        image_key(k_base, {.labels = {{"a", "b"}}}),
        k_base,
    };
    EXPECT_EQ(keys.size(), 7U);
}

class InputsTest : public ::testing::Test {
protected:
    InputsTest() { write("a", "text"); }

    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((dir_.path() / name).parent_path());
        std::ofstream(dir_.path() / name) << text;
    }

    std::optional<InputDigest> digest() const {
        const std::vector<fs::path> left_out = {dir_.path() / "own"};
        return digest_of_directory(dir_.path(), left_out, {});
    }

    const testing::TempDir dir_;
};

TEST_F(InputsTest, names_contents_and_permissions_count) {
    std::set<std::optional<InputDigest>> digests = {digest()};
    write("b", "");
    digests.insert(digest());
    write("a", "other");
    digests.insert(digest());
    fs::permissions(dir_.path() / "a", fs::perms::owner_all);
    digests.insert(digest());
    fs::create_symlink("a", dir_.path() / "link");
    digests.insert(digest());
    fs::create_directory(dir_.path() / "d");
    digests.insert(digest());
    write("d/c", "text");
    digests.insert(digest());
    EXPECT_EQ(digests.size(), 7U);
    EXPECT_FALSE(digests.contains(std::nullopt));
}

TEST_F(InputsTest, times_do_not_count) {
    const auto before = digest();
    fs::last_write_time(dir_.path() / "a",
                        fs::file_time_type::clock::now() - std::chrono::hours(9));
    EXPECT_EQ(digest(), before);
}

TEST_F(InputsTest, what_is_left_out_does_not_count) {
    const auto before = digest();
    write("own/log", "text");
    EXPECT_EQ(digest(), before);
    write("other/own/log", "text");
    EXPECT_NE(digest(), before);
}

TEST_F(InputsTest, more_than_the_limit_is_no_input) {
    write("large", "");
    fs::resize_file(dir_.path() / "large", k_max_input_bytes - 4);
    EXPECT_TRUE(digest());
    fs::resize_file(dir_.path() / "large", k_max_input_bytes - 3);
    EXPECT_FALSE(digest());
}

TEST_F(InputsTest, a_pipe_is_not_waited_for) {
    ASSERT_EQ(::mkfifo((dir_.path() / "fifo").c_str(), 0600), 0);
    EXPECT_TRUE(digest());
}

} // namespace
} // namespace aic::build

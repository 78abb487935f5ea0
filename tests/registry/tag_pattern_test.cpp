// SPDX-License-Identifier: Apache-2.0
#include "registry/tag_pattern.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"

namespace aic::registry {

TEST(TagPatternTest, a_glob_may_stand_in_the_place_of_a_tag) {
    const std::pair<const char*, const char*> references[] = {
        {"nvcr.io#nvidia/tensorflow:*-tf2-py3", "nvcr.io#nvidia/tensorflow"},
        {"docker://ubuntu:2?.04", "docker://ubuntu"},
        {"ubuntu:2[24].04", "ubuntu"},
        {"[::1]:5000/x:*", "[::1]:5000/x"},
        {"me@r.io:5000#lab/x:1.*", "me@r.io:5000#lab/x"}};
    for (const auto& [text, repository] : references) {
        const auto found = split_tag_pattern(text);
        ASSERT_TRUE(found) << text;
        EXPECT_EQ(found->repository, repository);
        EXPECT_EQ(found->repository + ":" + found->pattern, text);
    }
}

TEST(TagPatternTest, what_has_no_glob_in_its_tag_is_none) {
    for (const char* text :
         {"", "ubuntu", "ubuntu:22.04", "[::1]:5000/x", "[::1]:5000/x:1", "oci:dir*", "oci:dir:*",
          "ubuntu*", "r.io:5000/a*", "docker-archive:*"})
        EXPECT_FALSE(split_tag_pattern(text)) << text;
}

TEST(TagPatternTest, a_wrong_repository_is_told_at_once) {
    EXPECT_ERROR(ErrorKind::usage, split_tag_pattern("Ubuntu:*"));
}

TEST(TagPatternTest, the_newest_version_is_chosen_wherever_it_stands) {
    const std::vector<std::string> tags = {"22.12-tf2-py3", "23.01-tf2-py3",    "22.02-tf2-py3",
                                           "24.01-tf1-py3", "no tag\n-tf2-py3", "latest"};
    EXPECT_EQ(newest_match(tags, "*-tf2-py3"), "23.01-tf2-py3");
    EXPECT_EQ(newest_match(tags, "22.*"), "22.12-tf2-py3");
    EXPECT_EQ(newest_match(tags, "no*"), std::nullopt);
    EXPECT_EQ(newest_match({}, "*"), std::nullopt);
}

class ChooseReferenceTest : public ::testing::Test {
protected:
    oci::Reference choose(const std::string& tag) {
        return choose_reference(registry_.reference(tag), Config{},
                                testing::fake_environment({{"HOME", "/nowhere"}}), {});
    }

    testing::FakeRegistry registry_;
};

TEST_F(ChooseReferenceTest, a_pattern_is_the_newest_image_that_fits) {
    for (const char* tag : {"1.9", "1.10", "2.0-slim"})
        registry_.add_image(tag, {});
    EXPECT_EQ(choose("1.*").registry()->tag, "1.10");
    EXPECT_EQ(choose("*-slim").registry()->tag, "2.0-slim");
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "none of the 3 tags of lab/x fits '3.*'",
                        choose("3.*"));
}

TEST_F(ChooseReferenceTest, without_a_pattern_nobody_is_asked) {
    EXPECT_EQ(choose("1.9").registry()->tag, "1.9");
    EXPECT_TRUE(registry_.server().requests().empty());
}

} // namespace aic::registry

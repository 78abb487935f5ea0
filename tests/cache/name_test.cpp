// SPDX-License-Identifier: Apache-2.0
#include "cache/name.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::cache {

TEST(ImageNameTest, what_is_a_name) {
    for (const std::string text : {"exp", "a", "9", "Exp-2.1_b", "beef", "0123456789abcdef",
                                   "ubuntu", "x.sqsh.old", "a..b", "a-"})
        EXPECT_EQ(ImageName::parse(text).str(), text);
    EXPECT_NO_THROW(ImageName::parse(std::string(64, 'n')));
}

TEST(ImageNameTest, what_is_no_name) {
    for (const char* text : {"", ".", "..", ".exp", "-exp", "_exp", "a/b", "a b", "a:b", "a@b",
                             "a#b", "ünter", "a\n", "my.sqsh", "*"}) {
        EXPECT_ERROR_SAYING(ErrorKind::usage, "is no name", ImageName::parse(text)) << text;
        EXPECT_FALSE(ImageName::try_parse(text)) << text;
    }
    EXPECT_FALSE(ImageName::try_parse(std::string(65, 'n')));
    EXPECT_FALSE(ImageName::try_parse(std::string_view("a\0b", 3)));
}

std::string default_of(const char* directory) {
    const auto name = default_name(directory, "/home/lab");
    return name ? name->str() : "";
}

TEST(DefaultNameTest, it_is_that_of_the_directory) {
    const std::pair<const char*, const char*> table[] = {
        {"/home/lab/exp", "exp"},
        {"/home/lab/exp/", "exp"},
        {"/home/lab/My Experiment (2)", "My-Experiment--2-"},
        {"/home/lab/.config", "config"},
        {"/home/lab/-x", "x"},
        {"/tmp/exp", "exp"},
    };
    for (const auto& [directory, name] : table)
        EXPECT_EQ(default_of(directory), name) << directory;
    EXPECT_EQ(default_of(("/" + std::string(100, 'n')).c_str()), std::string(64, 'n'));
}

TEST(DefaultNameTest, some_directories_give_none) {
    for (const char* directory :
         {"/", "/tmp", "/tmp/", "/home/lab", "/home/lab/", "/x/..", "/x/---", "/x/y.sqsh"})
        EXPECT_EQ(default_of(directory), "") << directory;
}

} // namespace aic::cache

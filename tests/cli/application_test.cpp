// SPDX-License-Identifier: Apache-2.0
#include "cli/application.hpp"
#include "cli/command_tree.hpp"
#include "cli/completion.hpp"
#include "cli/manual.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "tests/support/image_listing.hpp"
#include "tests/support/temp_dir.hpp"

#include <gmock/gmock.h>

namespace aic::cli {

using ::testing::HasSubstr;

/// The exit status of a command line; what it prints goes nowhere.
int status_of(std::vector<std::string> words) {
    words.insert(words.begin(), "aic-image");
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    const InterruptWatch interrupts;
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int status = run({.arguments = argv, .alias = "", .stands_for = ""}, interrupts);
    std::fflush(stdout);
    ::testing::internal::GetCapturedStdout();
    ::testing::internal::GetCapturedStderr();
    return status;
}

TEST(ExitStatusTest, each_kind_has_its_number) {
    const std::pair<ErrorKind, int> numbers[] = {
        {ErrorKind::system, 1},       {ErrorKind::usage, 2},    {ErrorKind::not_found, 3},
        {ErrorKind::denied, 4},       {ErrorKind::network, 5},  {ErrorKind::integrity, 6},
        {ErrorKind::busy, 7},         {ErrorKind::no_space, 8}, {ErrorKind::no_platform, 9},
        {ErrorKind::interrupted, 130}};
    for (const auto& [kind, number] : numbers)
        EXPECT_EQ(static_cast<int>(kind), number);
}

TEST(ExitStatusTest, help_and_version_are_successes) {
    EXPECT_EQ(status_of({"--help"}), 0);
    EXPECT_EQ(status_of({"--version"}), 0);
    EXPECT_EQ(status_of({"pull", "--help"}), 0);
    EXPECT_EQ(status_of({}), 0);
}

TEST(ExitStatusTest, what_cannot_be_parsed_is_a_usage_error) {
    EXPECT_EQ(status_of({"pul"}), 2);
    EXPECT_EQ(status_of({"--nonsense"}), 2);
    EXPECT_EQ(status_of({"pull"}), 2);
    EXPECT_EQ(status_of({"pull", "UPPER CASE"}), 2);
    EXPECT_EQ(status_of({"--progress", "loud", "list"}), 2);
}

TEST(ExitStatusTest, an_image_that_is_not_there_is_not_found) {
    const testing::TempDir directory;
    EXPECT_EQ(status_of({"--store", (directory / "s").native(), "path", "ubuntu"}), 3);
    EXPECT_EQ(status_of({"--store", (directory / "s").native(), "list"}), 0);
}

TEST(ExitStatusTest, a_layout_that_is_not_there_is_not_found) {
    const testing::TempDir directory;
    EXPECT_EQ(status_of({"--store", (directory / "s").native(), "pull",
                         "oci:" + (directory / "nowhere").native()}),
              3);
}

TEST(HelpTest, every_verb_has_examples_and_a_description) {
    Application application;
    EXPECT_THAT(application.app().help(), HasSubstr("Examples:"));
    for (const auto* verb : visible_verbs(application.app())) {
        EXPECT_THAT(verb->help(), HasSubstr("Examples:")) << verb->get_name();
        EXPECT_FALSE(verb->get_description().empty()) << verb->get_name();
    }
}

TEST(HelpTest, every_option_says_what_it_is_for) {
    Application application;
    for (const auto* verb : visible_verbs(application.app()))
        for (const auto* option : verb->get_options())
            EXPECT_FALSE(option->get_description().empty())
                << verb->get_name() << " " << option->get_name();
}

TEST(HelpTest, a_mistyped_verb_has_a_nearest_one) {
    const Application application;
    EXPECT_EQ(application.nearest_verb("pul"), "pull");
    EXPECT_EQ(application.nearest_verb("inspct"), "inspect");
    EXPECT_FALSE(application.nearest_verb("xyzzyxyzzy"));
}

/// Writes the texts into a directory.
void write_all_of(const std::vector<GeneratedText>& texts, const testing::TempDir& directory) {
    for (const auto& text : texts)
        write_file(directory / text.name, text.text);
}

TEST(CompletionTest, all_shells_know_all_verbs) {
    Application application;
    for (const auto& script : completions(application.app()))
        for (const auto* verb : visible_verbs(application.app()))
            EXPECT_THAT(script.text, HasSubstr(verb->get_name())) << script.name;
}

TEST(CompletionTest, shells_can_parse_their_scripts) {
    Application application;
    const testing::TempDir directory;
    write_all_of(completions(application.app()), directory);
    const std::pair<const char*, const char*> scripts[] = {
        {"bash", "aic-image"}, {"zsh", "_aic-image"}, {"fish", "aic-image.fish"}};
    for (const auto& [shell, name] : scripts)
        EXPECT_TRUE(
            !testing::has_program(shell)
            || testing::succeeds(fmt::format("{} -n '{}'", shell, (directory / name).native())))
            << shell;
}

TEST(CompletionTest, bash_completes_verbs_and_options) {
    if (!testing::has_program("bash"))
        GTEST_SKIP() << "bash is missing";
    Application application;
    const testing::TempDir directory;
    write_all_of(completions(application.app()), directory);
    const auto completes = [&](const char* words, int current, const char* expected) {
        return testing::succeeds(
            fmt::format("bash -c '. \"{}\"; COMP_WORDS=({}); COMP_CWORD={}; _aic_image; "
                        "printf \"%s\\n\" \"${{COMPREPLY[@]}}\" | grep -qx -e {}'",
                        (directory / "aic-image").native(), words, current, expected));
    };
    EXPECT_TRUE(completes("aic-image pu", 1, "pull"));
    EXPECT_TRUE(completes("aic-image pull --out", 2, "--output"));
}

TEST(ManualTest, there_is_a_page_for_every_verb) {
    Application application;
    EXPECT_EQ(manual_pages(application.app()).size(), visible_verbs(application.app()).size() + 1);
}

TEST(ManualTest, groff_has_no_complaint) {
    if (!testing::has_program("groff"))
        GTEST_SKIP() << "groff is missing";
    Application application;
    const testing::TempDir directory;
    const auto pages = manual_pages(application.app());
    write_all_of(pages, directory);
    for (const auto& page : pages)
        EXPECT_TRUE(testing::succeeds(fmt::format(
            "test -z \"$(groff -man -Tutf8 -ww -z '{}' 2>&1)\"", (directory / page.name).native())))
            << page.name;
}

} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/project_file.hpp"
#include "cli/recipe_words.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace aic::cli {
namespace {

namespace fs = std::filesystem;

/// In a project directory with a script.
class ProjectFileTest : public ::testing::Test {
protected:
    ProjectFileTest() {
        fs::current_path(dir_.path());
        std::ofstream("setup.sh") << "#!/bin/sh\n";
        std::ofstream("requirements.txt") << "numpy\n";
        fs::create_directory("src");
    }

    ~ProjectFileTest() override { fs::current_path(before_); }

    static Project parse(const std::string& lines) {
        return parse_project("[build]\nbase = \"debian:12\"\n" + lines);
    }

private:
    const testing::TempDir dir_;
    const fs::path before_ = fs::current_path();
};

TEST_F(ProjectFileTest, everything_that_an_image_can_be_is_said) {
    const auto project = parse(R"(name = "exp"
steps = [{ apt = "git" }, { requirements = "requirements.txt" }, { add = "src:/opt/src" }, "setup.sh"]
add = ["src"]
env = { A = "b" }
labels = { "org.example.lab" = "ours" }
workdir = "/workspace"
entrypoint = ["/bin/sh", "-c"]
)");
    EXPECT_EQ(project.base, "debian:12");
    EXPECT_EQ(project.name, "exp");
    ASSERT_EQ(project.recipe.steps.size(), 4U);
    EXPECT_EQ(project.recipe.steps[0].label, "apt git");
    EXPECT_EQ(project.recipe.steps[2].label, "add src /opt/src");
    EXPECT_EQ(project.recipe.steps[3].script, "#!/bin/sh\n");
    EXPECT_EQ(project.recipe.shown, std::vector<fs::path>{"src"});
    EXPECT_EQ(project.recipe.env, std::vector<std::string>{"A=b"});
    EXPECT_EQ(project.recipe.labels.at("org.example.lab"), "ours");
    EXPECT_EQ(project.recipe.working_dir, "/workspace");
    EXPECT_EQ(project.recipe.entrypoint, (std::vector<std::string>{"/bin/sh", "-c"}));
}

TEST_F(ProjectFileTest, mistakes_are_told_with_their_line) {
    for (const auto& [lines, words] : std::vector<std::pair<std::string, std::string>>{
             {"setps = []", "line 3: 'setps'"},
             {"steps = [3]", "line 3: 'steps' is no text"},
             {"steps = [{ apt = \"a\", pip = \"b\" }]", "line 3: a step is one thing"},
             {"steps = [{ yum = \"a\" }]", "'yum'"},
             {"steps = [{}]", "a step is one thing"},
             {"env = 3", "'env' is no table"},
             {"env = { A = 3 }", "'A' is no text"},
             {"env = { \"a b\" = \"c\" }", "NAME=VALUE"},
             {"workdir = \"here\"", "begin with '/'"},
             {"base = \"twice\"", "line 3"},
             {"[rnu]\n", "'rnu'"},
         }) {
        try {
            parse(lines);
            ADD_FAILURE() << lines;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::usage) << lines;
            EXPECT_NE(error.message().find(words), std::string::npos) << error.message();
        }
    }
    EXPECT_ERROR(ErrorKind::usage, parse_project(""));
    EXPECT_ERROR(ErrorKind::usage, parse_project("[build]\n"));
    EXPECT_ERROR(ErrorKind::not_found, parse("steps = [\"missing.sh\"]"));
}

TEST_F(ProjectFileTest, a_mistyped_key_is_told_what_was_meant) {
    try {
        parse("setps = []");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.hint(), "did you mean 'steps'?");
    }
}

TEST_F(ProjectFileTest, how_its_image_is_run_is_said_too) {
    const auto run = parse(R"(
[run]
gpus = 2
ntasks = "8"
slurm = "--time=1:00"
mounts = ["/data:ro"]
env = { A = "b" }
workdir = "/opt"
home = true
command = ["python3", "train.py"]
)")
                         .run;
    EXPECT_EQ(run.gpus, "2");
    EXPECT_EQ(run.tasks, "8");
    EXPECT_EQ(run.mounts, std::vector<std::string>{"/data:ro"});
    EXPECT_EQ(run.command, (std::vector<std::string>{"python3", "train.py"}));
    EXPECT_TRUE(run.has_home);
    EXPECT_FALSE(run.is_writable);
    const auto both = RunOptions{.gpus = "1",
                                 .slurm = "--qos=high",
                                 .env = {"A=c"},
                                 .command = {"bash"},
                                 .is_root = true}
                          .onto(run);
    EXPECT_EQ(both.gpus, "1");
    EXPECT_EQ(both.tasks, "8");
    EXPECT_EQ(both.slurm, "--time=1:00 --qos=high");
    EXPECT_EQ(both.env, (std::vector<std::string>{"A=b", "A=c"}));
    EXPECT_EQ(both.command, std::vector<std::string>{"bash"});
    EXPECT_EQ(both.working_directory, "/opt");
    EXPECT_TRUE(both.is_root && both.has_home);
    for (const auto* lines : {"run = 1", "[run]\ngpus = 1.5", "[run]\nhome = 1", "[run]\ngpu = 1"})
        EXPECT_ERROR(ErrorKind::usage, parse(lines)) << lines;
}

TEST_F(ProjectFileTest, without_a_file_there_is_nothing) {
    EXPECT_FALSE(read_project());
    std::ofstream(k_project_file) << "[build]\nbase = \"debian:12\"\n";
    EXPECT_TRUE(read_project());
}

using RecipeWordsTest = ProjectFileTest;

TEST_F(RecipeWordsTest, what_is_outside_the_project_is_no_input) {
    build::Recipe recipe;
    EXPECT_ERROR(ErrorKind::usage, take_added("/etc", recipe));
    EXPECT_ERROR(ErrorKind::usage, requirements_step("../requirements.txt"));
    EXPECT_ERROR(ErrorKind::not_found, take_added("missing", recipe));
    EXPECT_ERROR(ErrorKind::not_found, take_added(std::string(5000, 'n') + ":/opt", recipe));
    take_added("/etc/passwd:/opt/", recipe); // but it may be copied
    ASSERT_EQ(recipe.steps.size(), 1U);
    EXPECT_EQ(recipe.steps[0].label, "add passwd /opt/passwd");
}

TEST_F(RecipeWordsTest, secrets_and_caches_are_checked) {
    EXPECT_EQ(parse_secret("token=setup.sh").name, "token");
    for (const auto* text : {"token", "=setup.sh", "a/b=setup.sh", "..=setup.sh"})
        EXPECT_ERROR(ErrorKind::usage, parse_secret(text));
    EXPECT_ERROR(ErrorKind::not_found, parse_secret("token=missing"));
    EXPECT_EQ(parse_cache("type=cache,target=/root/.cache/../x"), "/root/x");
    for (const auto* text : {"", "type=bind,target=/x", "type=cache,target=x",
                             "type=cache,target=/", "type=cache,target=/x,id=y"})
        EXPECT_ERROR(ErrorKind::usage, parse_cache(text));
}

TEST_F(RecipeWordsTest, an_entrypoint_is_a_program_or_a_list) {
    EXPECT_EQ(parse_entrypoint("/run.sh"), std::vector<std::string>{"/run.sh"});
    EXPECT_EQ(parse_entrypoint(R"(["a", "b c"])"), (std::vector<std::string>{"a", "b c"}));
    for (const auto* text : {"[1]", R"(["a",)"})
        EXPECT_ERROR(ErrorKind::usage, parse_entrypoint(text));
}

} // namespace
} // namespace aic::cli

// SPDX-License-Identifier: Apache-2.0
#include "slurm/batch_script.hpp"
#include "tests/support/expect_error.hpp"

#include <gmock/gmock.h>

namespace aic::slurm {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(DirectivesTest, they_end_where_the_script_begins) {
    EXPECT_THAT(directives_of("#!/bin/sh\n# text\n\n#SBATCH --time=1\r\n  #x\n#SBATCH -n 2\n"
                              "echo\n#SBATCH --late\n"),
                ElementsAre("#SBATCH --time=1", "#SBATCH -n 2"));
    EXPECT_THAT(directives_of("echo\n#SBATCH -n 2\n"), IsEmpty());
}

TEST(InterpreterTest, the_first_line_names_it) {
    EXPECT_THAT(interpreter_of("#!/bin/sh\nx"), ElementsAre("/bin/sh"));
    EXPECT_THAT(interpreter_of("#! /usr/bin/env  python3 -u \r\n"),
                ElementsAre("/usr/bin/env", "python3 -u"));
    EXPECT_THAT(interpreter_of("#!\n"), IsEmpty());
    EXPECT_THAT(interpreter_of("echo"), IsEmpty());
}

TEST(BatchScriptTest, the_container_is_the_steps_and_the_lines_are_the_scripts) {
    EXPECT_EQ(batch_script({.step = {.image = "/data/a'b.sqsh",
                                     .command = {"/bin/sh", "/workspace/job.sh", "a b"},
                                     .mounts = {{"/home/x", "/workspace", true}},
                                     .variables = {"A=1 2"},
                                     .options = {"--mpi=pmix"}},
                            .name = "job #1.sh",
                            .directives = {"#SBATCH --time=1"},
                            .line = {"sbatch", "--gres=gpu:1"}}),
              R"(#!/bin/sh
# by aic-image batch: sbatch --gres=gpu:1
#SBATCH "--job-name=job \#1.sh"
#SBATCH --time=1
export A='1 2'
test -z "${SLURM_CPUS_PER_TASK-}" || export SRUN_CPUS_PER_TASK="$SLURM_CPUS_PER_TASK"
exec srun --export=ALL \
    '--container-image=/data/a'\''b.sqsh' \
    '--container-mounts=/home/x:/workspace' \
    '--container-workdir=/workspace' \
    '--no-container-mount-home' \
    '--no-container-remap-root' \
    '--container-readonly' \
    '--container-env=A' \
    '--mpi=pmix' \
    '/bin/sh' '/workspace/job.sh' 'a b'
)");
}

TEST(BatchScriptTest, the_value_of_what_is_handed_on_is_not_in_it) {
    const auto script = batch_script({.step = {.image = "/x.sqsh",
                                               .command = {"/bin/sh"},
                                               .variables = {"TOKEN=geheim", "A=1"},
                                               .handed_on = {"TOKEN"}},
                                      .name = "job"});
    EXPECT_THAT(script, Not(HasSubstr("geheim")));
    EXPECT_THAT(script, HasSubstr("'--container-env=TOKEN,A'"));
    EXPECT_THAT(script, HasSubstr("export A='1'"));
    EXPECT_THAT(script, HasSubstr("error: TOKEN was not handed on"));
}

TEST(BatchScriptTest, what_a_line_cannot_hold_is_refused) {
    for (const char* name : {"a\nb", "\"", "\\"})
        EXPECT_ERROR(ErrorKind::usage, batch_script({.step = {.image = "x"}, .name = name}));
    EXPECT_ERROR(ErrorKind::usage, check_directives({"#SBATCH --container-image=x"}));
    EXPECT_ERROR(ErrorKind::usage, check_directives({"#SBATCH -n 2 --wait"}));
    EXPECT_NO_THROW(check_directives({"#SBATCH --wait-all-nodes=1", "#SBATCH -n 2"}));
}

} // namespace aic::slurm

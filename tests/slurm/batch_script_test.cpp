// SPDX-License-Identifier: Apache-2.0
#include "slurm/batch_script.hpp"
#include "tests/support/expect_error.hpp"

#include <gmock/gmock.h>

namespace aic::slurm {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

TEST(BatchScriptTest, resources_are_the_jobs_and_the_container_the_steps) {
    EXPECT_EQ(batch_script({.step = {.image = "/data/a'b.sqsh",
                                     .command = {"/bin/sh", "/workspace/job.sh", "a b"},
                                     .mounts = {{"/home/x", "/workspace", true}},
                                     .variables = {"A=1 2"},
                                     .gpus = "1",
                                     .options = {"--comment=a #b"}},
                            .name = "job.sh",
                            .directives = {"#SBATCH --time=1"}}),
              R"(#!/bin/sh
#SBATCH --job-name=job.sh
#SBATCH --time=1
#SBATCH --gres=gpu:1
#SBATCH "--comment=a \#b"
# made by aic-image batch
export A='1 2'
exec srun \
    '--container-image=/data/a'\''b.sqsh' \
    '--container-mounts=/home/x:/workspace' \
    '--container-workdir=/workspace' \
    '--no-container-mount-home' \
    '--no-container-remap-root' \
    '--container-readonly' \
    '--container-env=A' \
    '/bin/sh' '/workspace/job.sh' 'a b'
)");
}

TEST(BatchScriptTest, what_a_line_cannot_hold_is_refused) {
    for (const char* word : {"--x=a\nb", "--x=\"", "--x=\\"})
        EXPECT_ERROR(ErrorKind::usage,
                     batch_script({.step = {.image = "x", .options = {word}}, .name = "n"}));
}

} // namespace aic::slurm

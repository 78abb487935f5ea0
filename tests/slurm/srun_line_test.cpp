// SPDX-License-Identifier: Apache-2.0
#include "slurm/srun_line.hpp"
#include "tests/support/expect_error.hpp"

#include <gmock/gmock.h>

namespace aic::slurm {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SrunLineTest, what_the_site_may_have_otherwise_is_said_either_way) {
    EXPECT_THAT(srun_line({.image = "/data/x.sqsh",
                           .command = {"ls", "-l"},
                           .mounts = {{"/home/a", "/workspace", true}}}),
                ElementsAre("srun", "--container-image=/data/x.sqsh",
                            "--container-mounts=/home/a:/workspace",
                            "--container-workdir=/workspace", "--no-container-mount-home",
                            "--no-container-remap-root", "--container-readonly", "ls", "-l"));
}

TEST(SrunLineTest, all_that_can_be_said) {
    EXPECT_THAT(srun_line({.image = "docker://aic:exp",
                           .command = {"sh"},
                           .mounts = {{"/a", "/workspace", true}, {"/b", "/c", false}},
                           .working_directory = "/c",
                           .variables = {"A=1", "B="},
                           .gpus = "2",
                           .nodes = "3",
                           .tasks = "6",
                           .container_name = "exp",
                           .has_home = true,
                           .is_root = true,
                           .is_writable = true,
                           .has_terminal = true,
                           .options = {"--time=1"}}),
                ElementsAre("srun", "--pty", "--container-image=docker://aic:exp",
                            "--container-name=exp", "--container-mounts=/a:/workspace,/b:/c:ro",
                            "--container-workdir=/c", "--container-mount-home",
                            "--container-remap-root", "--container-writable", "--container-env=A,B",
                            "--nodes=3", "--ntasks=6", "--gres=gpu:2", "--time=1", "sh"));
}

TEST(SrunLineTest, paths_that_pyxis_would_take_apart_are_refused) {
    for (const char* path : {"/a,b", "/a:b"})
        EXPECT_ERROR_SAYING(ErrorKind::usage, path,
                            srun_line({.image = "x", .mounts = {{path, "/workspace", true}}}));
}

TEST(ContainerVariablesTest, they_say_what_the_options_say) {
    EXPECT_THAT(container_variables({.image = "/data/x.sqsh",
                                     .mounts = {{"/a", "/workspace", true}},
                                     .variables = {"A=1"},
                                     .container_name = "exp",
                                     .is_root = true}),
                ElementsAre("PYXIS_CONTAINER_IMAGE=/data/x.sqsh", "PYXIS_CONTAINER_NAME=exp",
                            "PYXIS_CONTAINER_MOUNTS=/a:/workspace",
                            "PYXIS_CONTAINER_WORKDIR=/workspace", "PYXIS_CONTAINER_MOUNT_HOME=0",
                            "PYXIS_CONTAINER_REMAP_ROOT=1", "PYXIS_CONTAINER_WRITABLE=0",
                            "PYXIS_CONTAINER_ENV=A", "A=1"));
}

TEST(GpuVariablesTest, only_what_nobody_says_is_needed) {
    EXPECT_THAT(gpu_variables({}, {}), ElementsAre("NVIDIA_VISIBLE_DEVICES=all",
                                                   "NVIDIA_DRIVER_CAPABILITIES=compute,utility"));
    EXPECT_THAT(gpu_variables({"NVIDIA_VISIBLE_DEVICES=0"}, {"NVIDIA_DRIVER_CAPABILITIES=all"}),
                IsEmpty());
}

} // namespace aic::slurm

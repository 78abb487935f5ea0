// SPDX-License-Identifier: Apache-2.0
// In pyxis' place where that is not installed: srun takes pyxis' options, and the program sees what
// was said, as variables SAID_<number of the option>. Nothing is put into a container.
#include <slurm/spank.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SPANK_PLUGIN(pyxis_options, 1)

static const char *const names[] = {
    "container-image", "container-mounts", "container-workdir", "container-name", "container-env",
    "container-mount-home", "no-container-mount-home", "container-remap-root",
    "no-container-remap-root", "container-writable", "container-readonly"};
enum { count = sizeof names / sizeof *names, with_value = 5 };
static char *said[count];

static int take(int number, const char *value, int remote) {
    (void)remote;
    said[number] = strdup(value ? value : "");
    return 0;
}

int slurm_spank_init(spank_t spank, int argc, char **argv) {
    (void)argc;
    (void)argv;
    for (int i = 0; i < count; ++i) {
        struct spank_option option = {(char *)names[i], i < with_value ? "VALUE" : NULL,
                                      "[pyxis] as pyxis takes it", i < with_value, i, take};
        spank_option_register(spank, &option);
    }
    return 0;
}

int slurm_spank_task_init(spank_t spank, int argc, char **argv) {
    (void)argc;
    (void)argv;
    for (int i = 0; i < count; ++i) {
        char name[16];
        snprintf(name, sizeof name, "SAID_%d", i);
        if (said[i])
            spank_setenv(spank, name, said[i], 1);
    }
    return 0;
}

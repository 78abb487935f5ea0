// SPDX-License-Identifier: Apache-2.0
// In pyxis' place where that is not installed: srun takes pyxis' options, an image is asked of the
// importer once for each node and step, and the tasks run in it. As pyxis does it (importer get and
// release as the job's user; direct start from the file, unpacked containers of a name that stay),
// with root's own mounts where enroot has user namespaces. The program sees what was said besides,
// as variables SAID_<number of the option>. In plugstack.conf:
//   required …/containers.so data=DIRECTORY [importer=PROGRAM]
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <slurm/spank.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

SPANK_PLUGIN(pyxis_stand_in, 1)

enum { IMAGE, MOUNTS, WORKDIR, NAME, ENV, HOME, NO_HOME, ROOT, NO_ROOT, WRITABLE, READONLY, COUNT };
static const char *const names[COUNT] = {
    "container-image", "container-mounts", "container-workdir", "container-name", "container-env",
    "container-mount-home", "no-container-mount-home", "container-remap-root",
    "no-container-remap-root", "container-writable", "container-readonly"};
static const char *const variables[COUNT] = {
    "PYXIS_CONTAINER_IMAGE", "PYXIS_CONTAINER_MOUNTS", "PYXIS_CONTAINER_WORKDIR",
    "PYXIS_CONTAINER_NAME", "PYXIS_CONTAINER_ENV"};
static char *said[COUNT];
static char data[1024], importer[1024], node[256];
static char file[4096]; ///< the image's
static char root[2048]; ///< where the container is
static uid_t uid;
static gid_t gid;
static int imported;

static int take(int number, const char *value, int remote) {
    (void)remote;
    said[number] = strdup(value ? value : "");
    return 0;
}

int slurm_spank_init(spank_t spank, int argc, char **argv) {
    for (int i = 0; i < argc; ++i) {
        if (!strncmp(argv[i], "data=", 5))
            snprintf(data, sizeof data, "%s", argv[i] + 5);
        if (!strncmp(argv[i], "importer=", 9))
            snprintf(importer, sizeof importer, "%s", argv[i] + 9);
    }
    for (int i = 0; i < COUNT; ++i) {
        const int has_value = i <= ENV;
        struct spank_option option = {(char *)names[i], has_value ? "VALUE" : NULL,
                                      "[pyxis] as pyxis takes it", has_value, i, take};
        spank_option_register(spank, &option);
    }
    return 0;
}

static int fail(const char *what, const char *on) {
    slurm_error("pyxis: %s %s: %s", what, on, strerror(errno));
    return -1;
}

/// Runs a program to its end; its first line of output, if that is wanted.
static int run(char *const argv[], char *const env[], int as_user, char *line, size_t size) {
    int out[2];
    char log[] = "/tmp/aic-pyxis-log-XXXXXX";
    const int errors = mkstemp(log);
    unlink(log);
    if (errors < 0 || pipe2(out, O_CLOEXEC) < 0)
        return fail("starting", argv[0]);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(open("/dev/null", O_RDONLY), 0);
        dup2(out[1], 1);
        dup2(errors, 2);
        close_range(3, ~0U, 0);
        if (as_user && (setgroups(1, &gid) || setregid(gid, gid) || setreuid(uid, uid)))
            _exit(126);
        execve(argv[0], argv, env);
        _exit(127);
    }
    close(out[1]);
    FILE *stream = fdopen(out[0], "r");
    if (line && fgets(line, (int)size, stream))
        line[strcspn(line, "\n")] = 0;
    fclose(stream); // what prints more than a line is ended by SIGPIPE
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status) {
        char text[4096];
        const ssize_t got = pread(errors, text, sizeof text - 1, 0);
        text[got > 0 ? got : 0] = 0;
        slurm_error("pyxis: %s ended with %d, signal %d", argv[0], WEXITSTATUS(status),
                    WTERMSIG(status));
        for (char *rest = text, *each; (each = strsep(&rest, "\n"));)
            if (*each)
                slurm_error("pyxis:     %s", each);
    }
    close(errors);
    return status ? -1 : 0;
}

/// The job's environment as the importer has it.
static char **importer_environment(spank_t spank, int is_last) {
    char **env = NULL;
    spank_get_item(spank, S_JOB_ENV, &env);
    static char *copy[4096];
    int count = 0;
    for (int i = 0; env && env[i] && count < 4000; ++i)
        if (strncmp(env[i], "PATH=", 5) && strncmp(env[i], "SLURM_PROCID=", 13)
            && !(is_last && (!strncmp(env[i], "SLURMD_NODENAME=", 16)
                             || !strncmp(env[i], "SLURM_NODEID=", 13))))
            copy[count++] = env[i];
    copy[count++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    copy[count++] = "PYXIS_RUNTIME_PATH=/run/pyxis";
    copy[count++] = "PYXIS_VERSION=0.24.0";
    copy[count] = NULL;
    return copy;
}

static void release(spank_t spank, int is_last) {
    char *argv[] = {importer, "release", NULL};
    run(argv, importer_environment(spank, is_last), 1, NULL, 0);
}

static int get(spank_t spank) {
    char uri[4096];
    const int is_whole =
        !strncmp(said[IMAGE], "docker://", 9) || !strncmp(said[IMAGE], "dockerd://", 10);
    snprintf(uri, sizeof uri, "%s%s", is_whole ? "" : "docker://", said[IMAGE]);
    char *argv[] = {importer, "get", uri, NULL};
    imported = 1;
    if (run(argv, importer_environment(spank, 0), 1, file, sizeof file) || !*file) {
        slurm_error("pyxis: failed to import docker image: %s", said[IMAGE]);
        release(spank, 0);
        return -1;
    }
    slurm_info("pyxis: imported docker image: %s", said[IMAGE]);
    return 0;
}

/// As enroot create: the whole image unpacked on the node, once for each name.
static int create(void) {
    if (access(root, F_OK) == 0)
        return 0;
    char *argv[] = {"/usr/bin/unsquashfs", "-no-progress", "-quiet", "-d", root, file, NULL};
    char *none[] = {NULL};
    if (run(argv, none, 0, NULL, 0))
        return fail("unpacking", file);
    char command[4096]; // enroot's containers are their user's
    snprintf(command, sizeof command, "chown -hR %u:%u '%s'", uid, gid, root);
    return system(command) ? fail("unpacking", file) : 0;
}

/// Before the tasks, as root: the importer, and the container of a name.
int slurm_spank_init_post_opt(spank_t spank, int argc, char **argv) {
    (void)argc;
    (void)argv;
    if (spank_context() != S_CTX_REMOTE)
        return 0;
    char **env = NULL;
    spank_get_item(spank, S_JOB_ENV, &env);
    for (int i = 0; env && env[i]; ++i)
        for (int option = 0; option <= ENV; ++option) {
            const size_t length = strlen(variables[option]);
            if (!said[option] && !strncmp(env[i], variables[option], length)
                && env[i][length] == '=')
                said[option] = strdup(env[i] + length + 1);
        }
    return 0;
}

int slurm_spank_user_init(spank_t spank, int argc, char **argv) {
    (void)argc;
    (void)argv;
    if (!said[IMAGE] && !said[NAME])
        return 0;
    uint32_t job = 0, step = 0;
    spank_get_item(spank, S_JOB_UID, &uid);
    spank_get_item(spank, S_JOB_GID, &gid);
    spank_get_item(spank, S_JOB_ID, &job);
    spank_get_item(spank, S_JOB_STEPID, &step);
    snprintf(node, sizeof node, "%s", getenv("SLURMD_NODENAME")); // slurmd is started with it
    // Where this is called the step is its user's already, as far as files go.
    const uid_t before = geteuid();
    if (seteuid(0))
        return fail("becoming", "root");
    char of_node[1536];
    snprintf(of_node, sizeof of_node, "%s/%s", data, node);
    mkdir(data, 0755);
    mkdir(of_node, 0755);
    if (said[NAME])
        snprintf(root, sizeof root, "%s/pyxis_%s", of_node, said[NAME]);
    else
        snprintf(root, sizeof root, "%s/%u.%u", of_node, job, step);
    int result = 0;
    if (said[NAME] && access(root, F_OK) == 0)
        slurm_info("pyxis: reusing existing container filesystem");
    else if (said[IMAGE] && (*said[IMAGE] == '/' || *said[IMAGE] == '.'))
        snprintf(file, sizeof file, "%s", said[IMAGE]);
    else if (said[IMAGE] && *importer)
        result = get(spank);
    else {
        slurm_error("pyxis: there is no importer for '%s'", said[IMAGE] ? said[IMAGE] : "");
        result = -1;
    }
    if (!result && said[NAME]) {
        result = create();
        if (imported)
            release(spank, 0);
    } else if (!result)
        mkdir(root, 0700);
    if (seteuid(before))
        return fail("becoming", "the user");
    return result;
}

static int mount_image(const char *at) {
    char *kernel[] = {"/usr/bin/mount", "-t", "squashfs", "-o", "loop,ro", file, (char *)at, NULL};
    char *fuse[] = {"/usr/bin/squashfuse", "-o", "allow_other", file, (char *)at, NULL};
    char *env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    return run(kernel, env, 0, NULL, 0) && run(fuse, env, 0, NULL, 0) ? fail("mounting", file) : 0;
}

static void make_users(const char *at, mode_t mode) {
    if (mkdir(at, mode) == 0 && chown(at, uid, gid))
        fail("making", at);
}

/// "SOURCE:TARGET[:ro]" where `into` is the root.
static int mount_one(const char *into, char *text) {
    char *source = strsep(&text, ":"), *target = strsep(&text, ":"), at[4096];
    struct stat status;
    if (stat(source, &status))
        return fail("mounting", source);
    snprintf(at, sizeof at, "%s%s", into, target ? target : source);
    for (char *slash = at + strlen(into) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = 0;
        make_users(at, 0755);
    }
    if (S_ISDIR(status.st_mode)) // as enroot: for nobody, but to mount upon
        make_users(at, 0);
    else
        close(open(at, O_CREAT | O_WRONLY, 0));
    if (mount(source, at, NULL, MS_BIND | MS_REC, NULL))
        return fail("mounting", at);
    if (text && !strcmp(text, "ro"))
        return mount(NULL, at, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
    return 0;
}

static int mount_all(const char *into) {
    static const char *const own[] = {"/proc:/proc", "/sys:/sys", "/dev:/dev", "/tmp:/tmp",
                                      "/etc/passwd:/etc/passwd", "/etc/group:/etc/group"};
    char text[4096];
    for (size_t i = 0; i < sizeof own / sizeof *own; ++i) {
        snprintf(text, sizeof text, "%s", own[i]);
        if (mount_one(into, text))
            return -1;
    }
    snprintf(text, sizeof text, "%s", said[MOUNTS] ? said[MOUNTS] : "");
    for (char *rest = text, *each; (each = strsep(&rest, ","));)
        if (*each && mount_one(into, each))
            return -1;
    return 0;
}

/// In each task, as root: mounts of its own, and the container's root.
int slurm_spank_task_init_privileged(spank_t spank, int argc, char **argv) {
    (void)spank;
    (void)argc;
    (void)argv;
    if (!*root)
        return 0;
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return fail("unsharing", "mounts");
    char space[1024], lower[1100], upper[1100], work[1100], merged[1100], options[4096];
    snprintf(space, sizeof space, "/mnt"); // no one else sees this mount
    if (mount("tmpfs", space, "tmpfs", 0, "mode=755"))
        return fail("mounting", space);
    snprintf(lower, sizeof lower, "%s/lower", space);
    snprintf(upper, sizeof upper, "%s/upper", space);
    snprintf(work, sizeof work, "%s/work", space);
    snprintf(merged, sizeof merged, "%s/merged", space);
    mkdir(lower, 0755), mkdir(upper, 0755), mkdir(work, 0755), mkdir(merged, 0755);
    if (said[NAME]) {
        if (mount(root, merged, NULL, MS_BIND, NULL))
            return fail("mounting", root);
    } else {
        snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", lower, upper, work);
        if (mount_image(lower) || mount("overlay", merged, "overlay", 0, options))
            return fail("mounting", merged);
        if (said[WRITABLE] && uid != 0)
            (void)!chown(upper, uid, gid);
    }
    if (mount_all(merged))
        return -1;
    if (!said[WRITABLE] && mount(NULL, merged, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL)
        && mount(NULL, merged, NULL, MS_REMOUNT | MS_RDONLY, NULL))
        return fail("protecting", merged);
    if (chroot(merged) || chdir(said[WORKDIR] ? said[WORKDIR] : "/"))
        return fail("entering", said[WORKDIR] ? said[WORKDIR] : "/");
    return 0;
}

/// The image's variables, but for those that the user keeps.
static void take_environment(spank_t spank) {
    FILE *stream = fopen("/etc/environment", "r");
    char line[8192], kept[4096];
    snprintf(kept, sizeof kept, ",%s,", said[ENV] ? said[ENV] : "");
    while (stream && fgets(line, sizeof line, stream)) {
        line[strcspn(line, "\n")] = 0;
        char *value = strchr(line, '='), name[1024];
        if (!value)
            continue;
        *value++ = 0;
        snprintf(name, sizeof name, ",%s,", line);
        if (!strstr(kept, name))
            spank_setenv(spank, line, value, 1);
    }
    if (stream)
        fclose(stream);
}

int slurm_spank_task_init(spank_t spank, int argc, char **argv) {
    (void)argc;
    (void)argv;
    if (*root)
        take_environment(spank);
    for (int i = 0; i < COUNT; ++i) {
        char name[16];
        snprintf(name, sizeof name, "SAID_%d", i);
        if (said[i])
            spank_setenv(spank, name, said[i], 1);
    }
    return 0;
}

int slurm_spank_exit(spank_t spank, int argc, char **argv) {
    (void)argc;
    (void)argv;
    if (spank_context() != S_CTX_REMOTE || !*root)
        return 0;
    if (imported)
        release(spank, 1);
    if (!said[NAME])
        rmdir(root);
    return 0;
}

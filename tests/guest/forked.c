/* SPDX-License-Identifier: Apache-2.0
 *
 * forked.c - a program that embeds the core and forks: a child is refused what it cannot have, makes a machine of its own, and
 * inherits no descriptor; the parent's machine goes on undisturbed.
 *
 *     forked PLUGINS BOARD FIRMWARE DISK      BACKPLANE_TEST_ACCEL: the accelerator
 *     forked fds                              what programs that are started find
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/control/control.h"
#include "core/load/load.h"
#include "core/machine/dev.h"
#include "core/machine/reload.h"
#include "core/state/state.h"

/* LeakSanitizer looks at the end of each process, and the parent's machine is only in the parent to be freed. */
#ifdef __SANITIZE_ADDRESS__
#define leave _exit
#else
#define leave exit
#endif

static struct registry *registry;
static struct graph *graph;
static struct machine *machine;
static char folder[] = "/tmp/forked.XXXXXX";
static _Atomic bool forked;

static void remove_files(void)
{
    static const char *const names[] = {"console", "control", "hvc"};
    char path[64];

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static void die(const char *what)
{
    fprintf(stderr, "forked: %s\n", what);
    remove_files();
    _exit(1);
}

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            die(#condition);                                                                       \
    } while (0)

static struct machine *make(struct diag *d)
{
    struct machine *m = machine_create(graph, registry, 0, d);

    if (m && load_images(m, d) == BP_OK)
        return m;
    diag_print(d, stderr);
    die("no machine");
    return NULL;
}

/* All that would touch threads, devices or memory that are not here. */
static void check_refused(void)
{
    struct bp_dev *ram = machine_dev(machine, graph_find(graph, "ram"));
    struct state_bytes state = {0};
    char why[RELOAD_WHY] = "";
    uint8_t byte = 0;

    MUST(machine_refusal(machine));
    MUST(strstr(machine_refusal(machine), ": make a machine after the fork"));
    MUST(machine_run(machine).end == MACHINE_REFUSED);
    machine_pause(machine);
    MUST(!machine_is_paused(machine));
    machine_continue(machine);
    machine_quit(machine);
    MUST(!machine_end_requested(machine));
    MUST(machine_mem_read(machine, 0x80000000, &byte, 1) == BP_E_STATE);
    MUST(machine_mem_write(machine, 0x80000000, &byte, 1) == BP_E_STATE);
    MUST(state_take(ram, 0, &state, why) == BP_E_STATE && strstr(why, "after the fork"));
    MUST(state_give(ram, 0, &byte, 1, why) == BP_E_STATE && strstr(why, "after the fork"));
    MUST(!control_open(machine, "/nowhere", why) && strstr(why, "after the fork"));
    MUST(!machine_reload(machine, NULL, NULL, 0, why) && strstr(why, "machine: made by"));
    machine_destroy(machine);
    MUST(machine_refusal(machine)); /* which is still there */
}

static void must_succeed(pid_t child)
{
    int status = -1;

    MUST(child > 0);
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Before there are threads a child may do as it likes: it leaves in the usual way. */
static void fork_at_rest(void)
{
    struct machine_result result;
    struct diag d;
    struct machine *own;
    pid_t child = fork();

    if (child) {
        must_succeed(child);
        return;
    }
    alarm(60 * BP_PATIENCE);
    check_refused();
    diag_init(&d);
    own = make(&d);
    MUST(!machine_refusal(own));
    result = machine_run(own);
    MUST(result.end == MACHINE_POWER_OFF && !result.code);
    machine_destroy(own);
    diag_finish(&d);
    leave(0);
}

/* In the middle of everything: locks may be held that nobody will ever drop. */
static void *fork_at_work(void *unused)
{
    pid_t child;

    while (!machine_call_count(machine))
        usleep(100);
    for (unsigned i = 0; i < 20; i++) {
        child = fork();
        if (!child) {
            alarm(60 * BP_PATIENCE);
            check_refused();
            _exit(0);
        }
        must_succeed(child);
    }
    forked = true;
    return unused;
}

static int list_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int found = 0;

    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[300], to[300] = "";

        if (e->d_name[0] == '.' || atoi(e->d_name) <= STDERR_FILENO ||
            atoi(e->d_name) == dirfd(dir))
            continue;
        snprintf(path, sizeof(path), "/proc/self/fd/%s", e->d_name);
        if (readlink(path, to, sizeof(to) - 1) > 0)
            fprintf(stderr, "forked: descriptor %s is inherited: %s\n", e->d_name, to);
        found = 1;
    }
    if (dir)
        closedir(dir);
    return dir ? found : 2;
}

static void start_program(void)
{
    char *const arguments[] = {(char *)"forked", (char *)"fds", NULL};
    pid_t child = 0;

    MUST(!posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ));
    must_succeed(child);
}

/* Whatever has a descriptor: disks, sockets, a terminal, files, the control socket, timers, the loop. */
static void load(char **argv)
{
    const char *const plugins[] = {argv[1], NULL};
    char firmware[512], root[600], console[128], hvc[128];
    const struct graph_options options = {
        .accel = getenv("BACKPLANE_TEST_ACCEL"),
        .set = (const char *const[]){"harts=2", NULL},
        .images = (const char *const[]){firmware, NULL},
        .backends = (const char *const[]){console, hvc, root, "disk1=memory,size=1MiB", NULL},
        .check_host = true,
    };
    struct diag d;

    snprintf(firmware, sizeof(firmware), "firmware=%s", argv[3]);
    snprintf(root, sizeof(root), "root=raw,path=%s,snapshot=true", argv[4]);
    snprintf(console, sizeof(console), "console=file,path=%s/console", folder);
    snprintf(hvc, sizeof(hvc), "hvc=pty,link=%s/hvc", folder);
    diag_init(&d);
    registry = registry_create(plugins);
    graph = registry ? graph_load(argv[2], &options, registry, &d) : NULL;
    if (!graph) {
        diag_print(&d, stderr);
        die("no description");
    }
}

int main(int argc, char **argv)
{
    char control[64], why[CONTROL_WHY];
    struct machine_result result;
    struct diag d;
    pthread_t thread;

    if (argc == 2 && !strcmp(argv[1], "fds"))
        return list_descriptors();
    if (argc != 5 || !mkdtemp(folder))
        return 2;
    close_range(STDERR_FILENO + 1, ~0u, 0); /* whoever started this may have left some */
    load(argv);
    diag_init(&d);
    machine = make(&d);
    fork_at_rest();
    snprintf(control, sizeof(control), "%s/control", folder);
    MUST(control_open(machine, control, why));
    start_program();
    MUST(!pthread_create(&thread, NULL, fork_at_work, NULL));
    result = machine_run(machine);
    MUST(!pthread_join(thread, NULL));
    MUST(forked);
    MUST(result.end == MACHINE_POWER_OFF && !result.code);
    MUST(!access(control, F_OK)); /* which no child took away */
    machine_destroy(machine);
    MUST(access(control, F_OK));
    graph_destroy(graph);
    registry_destroy(registry);
    diag_finish(&d);
    remove_files();
    puts("PASS");
    return 0;
}

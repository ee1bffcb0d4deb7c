/* SPDX-License-Identifier: Apache-2.0
 *
 * parent.c - one process a check: which are made in what order, how each ends, and what counts as
 * found.
 *
 * Checks build on each other: a type that fails one is not looked at further, because what follows
 * would stumble over the same stone. Only the descriptors of level 1 are all looked at.
 */
#include "parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_SECONDS 5 /* a child ends itself before; this is for one that cannot */

const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {
        [KIND_OBJECT] = "object", [KIND_DEVICE] = "device", [KIND_BACKEND] = "back end",
        [KIND_CPU] = "cpu",       [KIND_ACCEL] = "accel",
    };

    return names[kind];
}

/* --- one child ----------------------------------------------------------------------- */

struct child {
    int shared_fd, output_fd;
    struct shared *shared;
    pid_t pid;
    int wait_status;
    bool late;
};

static bool broken(struct run *run, const char *what)
{
    fprintf(stderr, "backplane-check: %s: %s\n", what, strerror(errno));
    run->broken = true;
    return false;
}

/* The C library counts blocks that a thread keeps for itself as in use, so that how much of the heap
 * is in use would depend on what happened before (glibc, "Memory Allocation Tunables"). */
static bool count_heap_well(void)
{
    static const char tunable[] = "glibc.malloc.tcache_count=0";
    const char *set = getenv("GLIBC_TUNABLES");
    char *all = NULL;
    bool done = asprintf(&all, "%s%s%s", set ? set : "", set && *set ? ":" : "", tunable) >= 0 &&
                !setenv("GLIBC_TUNABLES", all, 1);

    free(all);
    return done;
}

static _Noreturn void become_child(const struct run *run, const struct child *c, const char *order)
{
    char **argv = calloc((size_t)run->argc + 3, sizeof *argv);
    int null = open("/dev/null", O_RDONLY);

    if (!argv || null < 0 || dup2(null, 0) < 0 || dup2(c->output_fd, 1) < 0 ||
        dup2(c->output_fd, 2) < 0 || !count_heap_well())
        _exit(127);
    close(null);
    argv[0] = run->argv[0];
    argv[1] = (char *)"--child";
    argv[2] = (char *)order;
    memcpy(argv + 3, run->argv + 1, (size_t)run->argc * sizeof *argv - sizeof *argv);
    execv("/proc/self/exe", argv);
    _exit(127);
}

/* Waits for the end, or makes one. */
static void wait_for(struct child *c, uint32_t seconds)
{
    struct pollfd ended = {.fd = pidfd_open(c->pid, 0), .events = POLLIN};
    int status;

    do
        status = poll(&ended, 1, (int)seconds * 1000);
    while (status < 0 && errno == EINTR);
    if (!status) {
        c->late = true;
        kill(c->pid, SIGKILL);
    }
    while (waitpid(c->pid, &c->wait_status, 0) < 0 && errno == EINTR) {
    }
    if (ended.fd >= 0)
        close(ended.fd);
}

static bool start(struct run *run, struct child *c, const struct result *r)
{
    char order[160];

    c->shared_fd = memfd_create("findings", 0);
    c->output_fd = memfd_create("output", MFD_CLOEXEC);
    if (c->shared_fd < 0 || c->output_fd < 0 || ftruncate(c->shared_fd, sizeof *c->shared))
        return broken(run, "memory to share with a check");
    c->shared = mmap(NULL, sizeof *c->shared, PROT_READ | PROT_WRITE, MAP_SHARED, c->shared_fd, 0);
    if (c->shared == MAP_FAILED)
        return broken(run, "memory to share with a check");
    snprintf(order, sizeof order, "%d:%u:%s:%s", c->shared_fd, r->kind, r->check->name, r->type);
    c->pid = fork();
    if (c->pid < 0)
        return broken(run, "a process for a check");
    if (!c->pid)
        become_child(run, c, order);
    return true;
}

static void end(struct child *c)
{
    const char *folder = getenv(SCRATCH_VARIABLE);
    char path[256];

    if (c->shared && c->shared != MAP_FAILED)
        munmap(c->shared, sizeof *c->shared);
    if (c->shared_fd >= 0)
        close(c->shared_fd);
    if (c->output_fd >= 0)
        close(c->output_fd);
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "", SCRATCH_FILE);
    unlink(path);
}

/* --- what it left -------------------------------------------------------------------- */

static void add_note(struct run *run, struct result *r, const char *check, const char *where,
                     const char *cause)
{
    struct note *notes = realloc(r->notes, (r->nnotes + 1) * sizeof *notes);
    struct note *n;

    if (!notes) {
        broken(run, "memory for a finding");
        return;
    }
    r->notes = notes;
    n = &notes[r->nnotes++];
    n->check = check_find(check) ? check_find(check) : r->check;
    n->where = strdup(where);
    n->cause = strdup(cause);
    for (char *c = n->cause; c && *c; c++) {
        if ((unsigned char)*c < ' ')
            *c = ' ';
    }
    if (!n->where || !n->cause)
        broken(run, "memory for a finding");
    r->status = FAILED;
    run->nfindings++;
}

/* The first line of what came out, or the one in which a sanitizer says what is wrong. */
static bool read_output(int fd, char *line, size_t room)
{
    char text[8192];
    ssize_t bytes = pread(fd, text, sizeof text - 1, 0);
    const char *from;

    if (bytes <= 0)
        return false;
    text[bytes] = 0;
    from = strstr(text, "ERROR: AddressSanitizer");
    if (!from)
        from = strstr(text, "runtime error: ");
    snprintf(line, room, "%.200s", from ? from : text);
    line[strcspn(line, "\n")] = 0;
    return true;
}

static void collect(struct run *run, struct result *r, const struct child *c)
{
    const struct shared *s = c->shared;
    char text[800], line[256];
    bool spoke = read_output(c->output_fd, line, sizeof line);

    for (uint32_t i = 0; i < s->nfindings && i < FINDINGS_MAX; i++)
        add_note(run, r, s->findings[i].check, s->findings[i].where, s->findings[i].cause);
    if (c->late) {
        snprintf(text, sizeof text, "does not return, during: %s", s->doing);
        add_note(run, r, s->own ? r->check->name : "hang", "", text);
    } else if (!s->finished && !s->nfindings) {
        if (WIFSIGNALED(c->wait_status))
            snprintf(text, sizeof text, "%s, during: %s", strsignal(WTERMSIG(c->wait_status)),
                     s->doing);
        else
            snprintf(text, sizeof text, "the process ended with status %d%s%s, during: %s",
                     WEXITSTATUS(c->wait_status), spoke ? ": " : "", spoke ? line : "", s->doing);
        add_note(run, r, s->own ? r->check->name : "crash", "", text);
    } else if (spoke && r->kind != KIND_BACKEND) {
        snprintf(text, sizeof text, "printed \"%s\", during: %s", line, s->doing);
        add_note(run, r, "output", "", text);
    }
    if (!r->nnotes && s->skipped[0]) {
        r->status = SKIPPED;
        r->why = strdup(s->skipped);
    }
}

static void learn_types(struct run *run, const struct shared *s)
{
    memcpy(run->id, s->id, sizeof run->id);
    memcpy(run->version, s->version, sizeof run->version);
    for (uint32_t i = 0; i < s->ntypes && i < TYPES_MAX; i++) {
        if (run->options->type && strcmp(run->options->type, s->types[i].name))
            continue;
        run->types[run->ntypes].kind = s->types[i].kind;
        memcpy(run->types[run->ntypes++].name, s->types[i].name, NAME_MAX_BYTES);
    }
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* NULL: the kit cannot go on. */
static const struct result *run_check(struct run *run, const struct check *check, uint32_t kind,
                                      const char *type)
{
    struct child c = {-1, -1, NULL, -1, 0, false};
    struct result *all = realloc(run->results, (run->nresults + 1) * sizeof *all), *r;
    double from = seconds();

    if (!all) {
        broken(run, "memory for a result");
        return NULL;
    }
    run->results = all;
    r = &all[run->nresults++];
    *r = (struct result){.check = check, .kind = kind, .type = type};
    if (start(run, &c, r)) {
        wait_for(&c, run->options->timeout * PATIENCE + GRACE_SECONDS);
        collect(run, r, &c);
        if (kind == KIND_OBJECT)
            learn_types(run, c.shared);
    }
    end(&c);
    r->seconds = seconds() - from;
    return run->broken ? NULL : r;
}

/* --- order --------------------------------------------------------------------------- */

static bool wanted(const struct run *run, const struct check *check, uint32_t kind)
{
    if (!check->run || !(check->kinds & kind))
        return false;
    if (run->options->only && kind != KIND_OBJECT)
        return !strcmp(run->options->only, check->name);
    return check->level <= run->options->level;
}

static void check_type(struct run *run, uint32_t kind, const char *type)
{
    bool failed = false;

    for (uint32_t i = 0; i < nchecks; i++) {
        const struct result *r;

        if (!wanted(run, &checks[i], kind))
            continue;
        if (failed && checks[i].level > 1 && !run->options->keep_going)
            return;
        r = run_check(run, &checks[i], kind, type);
        if (!r)
            return;
        failed = failed || r->status == FAILED;
    }
}

/* Removes what the children's files lay in. */
static char scratch[] = "/tmp/backplane-check-XXXXXX";

void run_checks(struct run *run)
{
    if (!mkdtemp(scratch) || setenv(SCRATCH_VARIABLE, scratch, 1)) {
        broken(run, "a folder for scratch files in /tmp");
        return;
    }
    for (uint32_t i = 0; i < nchecks && !run->broken; i++) {
        const struct result *r;

        if (!wanted(run, &checks[i], KIND_OBJECT))
            continue;
        r = run_check(run, &checks[i], KIND_OBJECT, "");
        if (!r || r->status == FAILED)
            goto out; /* what is behind the door cannot be trusted */
    }
    if (run->options->type && !run->ntypes) {
        fprintf(stderr, "backplane-check: %s: has no type %s\n", run->options->plugin,
                run->options->type);
        run->broken = true;
    }
    for (uint32_t i = 0; i < run->ntypes && !run->broken; i++)
        check_type(run, run->types[i].kind, run->types[i].name);
out:
    rmdir(scratch);
}

void run_free(struct run *run)
{
    for (uint32_t i = 0; i < run->nresults; i++) {
        for (uint32_t n = 0; n < run->results[i].nnotes; n++) {
            free(run->results[i].notes[n].where);
            free(run->results[i].notes[n].cause);
        }
        free(run->results[i].notes);
        free(run->results[i].why);
    }
    free(run->results);
}

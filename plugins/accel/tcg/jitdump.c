/* SPDX-License-Identifier: Apache-2.0
 *
 * jitdump.c - translated code with its bytes and the time it was made, for `perf inject --jit`:
 * code that was written over later is told apart, and `perf annotate` has instructions to show.
 * Linux, tools/perf/Documentation, jitdump-specification.txt, version 1 of the format.
 *
 * perf finds the file by its name, jit-PID.dump, in a mapping that is executable; so there is one
 * for each process and folder, which accelerators share.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <backplane/trace.h>

#include "dump.h"

#define MAGIC   0x4a695444u /* "JiTD"; a reader of other byte order sees it reversed */
#define VERSION 1u

enum { JIT_CODE_LOAD = 0, JIT_CODE_CLOSE = 3 };

struct header {
    uint32_t magic, version;
    uint32_t total_size; /* of this */
    uint32_t elf_mach;
    uint32_t pad;
    uint32_t pid;
    uint64_t timestamp; /* all timestamps: ns of CLOCK_MONOTONIC */
    uint64_t flags;
};

struct record {
    uint32_t id;
    uint32_t total_size; /* with all that follows */
    uint64_t timestamp;
};

struct code_load {
    struct record record;
    uint32_t pid, tid;
    uint64_t vma, code_addr, code_size;
    uint64_t code_index; /* never twice in a file */
    /* The name with its 0, and the code. */
};

_Static_assert(sizeof(struct header) == 40 && sizeof(struct record) == 16 &&
                   sizeof(struct code_load) == 56,
               "as the specification has them");

struct jitdump {
    struct jitdump *next;
    uint32_t users;
    dev_t dev; /* the folder */
    ino_t ino;
    int fd;          /* -1: it could not be written on, and ends behind `length` */
    void *mark;      /* the mapping that perf sees */
    uint64_t length; /* of whole records */
    uint64_t codes;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list and all in it */
static struct jitdump *dumps;

/* Under the lock, so that they do not run backwards in the file. */
static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Without a buffer: the file has whole records, in whatever way this process ends. 1: it has these
 * as well; 0: it cannot be written on. */
static int append(struct jitdump *d, const struct iovec *parts, int nparts)
{
    size_t wanted = 0;

    for (int i = 0; i < nparts; i++)
        wanted += parts[i].iov_len;
    if (writev(d->fd, parts, nparts) == (ssize_t)wanted) {
        d->length += wanted;
        return 1;
    }
    (void)!ftruncate(d->fd, (off_t)d->length); /* a reader may have to stop at half a record then */
    close(d->fd);
    d->fd = -1;
    return 0;
}

/* --- the file --------------------------------------------------------------------------------- */

static int write_header(struct jitdump *d)
{
    struct header header = {.magic = MAGIC,
                            .version = VERSION,
                            .total_size = sizeof header,
                            .elf_mach = __ehdr_start.e_machine,
                            .pid = (uint32_t)getpid(),
                            .timestamp = now()};

    return append(d, &(struct iovec){&header, sizeof header}, 1);
}

static void release(struct jitdump *d)
{
    if (d->mark != MAP_FAILED)
        munmap(d->mark, sizeof(struct header));
    if (d->fd >= 0)
        close(d->fd);
    free(d);
}

/* A file that is there already is of a process long gone. It may be a link in a folder that anyone
 * may write to, hence it is not written to but replaced. NULL: *why. */
static struct jitdump *create(int folder, const char **why)
{
    struct jitdump *d = calloc(1, sizeof *d);
    char name[32];

    *why = "no memory left";
    if (!d)
        return NULL;
    d->mark = MAP_FAILED;
    snprintf(name, sizeof name, "jit-%d.dump", (int)getpid());
    unlinkat(folder, name, 0);
    d->fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    *why = "its file jit-PID.dump cannot be written: name a folder where it can";
    if (d->fd < 0 || !write_header(d))
        goto fail;
    d->mark = mmap(NULL, sizeof(struct header), PROT_READ | PROT_EXEC, MAP_PRIVATE, d->fd, 0);
    *why = "its file jit-PID.dump cannot be mapped as executable, and perf would not find it: "
           "name a folder of a file system that is not mounted noexec";
    if (d->mark != MAP_FAILED)
        return d;
fail:
    if (d->fd >= 0)
        unlinkat(folder, name, 0);
    release(d);
    return NULL;
}

static struct jitdump *share(const char *path, const char **why)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct jitdump *d = NULL;
    struct stat st;

    *why = "is no folder that can be opened: name one, for a file jit-PID.dump in it";
    if (folder < 0)
        return NULL;
    if (fstat(folder, &st))
        goto out;
    pthread_mutex_lock(&lock);
    for (d = dumps; d && (d->dev != st.st_dev || d->ino != st.st_ino);)
        d = d->next;
    if (!d && (d = create(folder, why))) {
        d->dev = st.st_dev;
        d->ino = st.st_ino;
        d->next = dumps;
        dumps = d;
    }
    if (d)
        d->users++;
    pthread_mutex_unlock(&lock);
out:
    close(folder);
    return d;
}

/* --- listening -------------------------------------------------------------------------------- */

static int32_t start(struct tcg *tcg)
{
    const char *why;

    if (!tcg->jitdump_path)
        return 0;
    tcg->jitdump = share(tcg->jitdump_path, &why);
    if (!tcg->jitdump)
        interp_error(&tcg->interp, "jitdump", why);
    return tcg->jitdump ? 1 : BP_E_IO;
}

static void told(struct bp_vcpu *v, const struct tcg_news *news)
{
    const struct tcg *tcg = (const struct tcg *)v->interp;
    struct jitdump *d = tcg->jitdump;
    size_t name = strlen(news->name) + 1;
    int failed;
    struct code_load load = {.record = {.id = JIT_CODE_LOAD},
                             .pid = (uint32_t)getpid(),
                             .tid = (uint32_t)gettid(),
                             .vma = (uintptr_t)news->code,
                             .code_addr = (uintptr_t)news->code,
                             .code_size = news->bytes};
    struct iovec parts[] = {
        {&load, sizeof load}, {(char *)news->name, name}, {(uint8_t *)news->code, news->bytes}};

    load.record.total_size = (uint32_t)(sizeof load + name + news->bytes);
    pthread_mutex_lock(&lock);
    load.record.timestamp = now();
    load.code_index = d->codes++;
    failed = d->fd >= 0 && !append(d, parts, sizeof parts / sizeof *parts);
    pthread_mutex_unlock(&lock);
    if (failed && tcg->trace)
        tcg->trace->log(
            tcg->interp.dev, BP_LOG_WARN,
            "jit-PID.dump cannot be written on: it ends here; is there room left in its folder?");
}

static void finish(struct tcg *tcg)
{
    struct jitdump *d = tcg->jitdump, **at = &dumps;
    struct record end = {.id = JIT_CODE_CLOSE, .total_size = sizeof end};

    pthread_mutex_lock(&lock);
    if (!--d->users) {
        end.timestamp = now();
        if (d->fd >= 0)
            append(d, &(struct iovec){&end, sizeof end}, 1);
        while (*at != d)
            at = &(*at)->next;
        *at = d->next;
        release(d);
    }
    pthread_mutex_unlock(&lock);
}

const struct tcg_listener tcg_jitdump = {.open = start, .told = told, .close = finish};

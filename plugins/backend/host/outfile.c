/* SPDX-License-Identifier: Apache-2.0
 *
 * Output to regular files on the pool (outfile.h). A full disk loses output and says so, once until it works again.
 */
#include "outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM 65536u

struct outfile_job {
    struct job job;
    struct outfile *owner;
    int fd, error;
    uint64_t bytes;
    uint8_t *data;
};

/* 0, or an errno; all of it unless it fails. */
static int write_all(int fd, const uint8_t *data, uint64_t bytes)
{
    while (bytes) {
        ssize_t put = write(fd, data, bytes);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put ? errno : EIO;
        data += put;
        bytes -= (uint64_t)put;
    }
    return 0;
}

static void run(struct job *job)
{
    struct outfile_job *j = (struct outfile_job *)job;

    j->error = write_all(j->fd, j->data, j->bytes);
}

static void free_job(struct job *job)
{
    struct outfile_job *j = (struct outfile_job *)job;

    free(j->data);
    free(j);
}

static void note_result(struct outfile *o, int error)
{
    if (error && !o->failing)
        services_log(o->sv, BP_LOG_ERROR,
                     "output is being lost: %s: make room or choose another file", strerror(error));
    o->failing = error != 0;
}

static void start(struct outfile *o);

static void done(struct job *job)
{
    struct outfile_job *j = (struct outfile_job *)job;
    struct outfile *o = j->owner;

    o->job = NULL;
    note_result(o, j->error);
    free_job(job);
    start(o);
    if (o->owed) {
        o->owed = 0;
        o->ready(o->ctx);
    }
}

/* Hands the filled buffer to the pool, unless one is there already. Without memory or pool it is written here: a late
 * loop is better than lost output. */
static void start(struct outfile *o)
{
    struct outfile_job *j;
    uint8_t *next;

    if (!o->used || o->job)
        return;
    j = calloc(1, sizeof(*j));
    next = malloc(ROOM);
    if (!j || !next)
        goto here;
    *j = (struct outfile_job){
        .job = {.run = run, .done = done, .release = free_job},
        .owner = o,
        .fd = o->fd,
        .bytes = o->used,
        .data = o->fill,
    };
    o->job = j;
    if (job_start(o->sv, &j->job) == BP_OK) {
        o->fill = next;
        o->used = 0;
        return;
    }
    o->job = NULL;
here:
    free(j);
    free(next);
    note_result(o, write_all(o->fd, o->fill, o->used));
    o->used = 0;
}

int32_t outfile_init(struct outfile *o, const struct services *sv, int fd, void (*ready)(void *ctx),
                     void *ctx)
{
    *o = (struct outfile){.sv = sv, .fd = fd, .ready = ready, .ctx = ctx, .fill = malloc(ROOM)};
    return o->fill ? BP_OK : BP_E_NOMEM;
}

void outfile_finish(struct outfile *o)
{
    if (!o->fill)
        return;
    if (o->job) {
        job_abandon(&o->job->job);
        note_result(o, o->job->error);
        o->job = NULL;
    }
    if (o->used)
        note_result(o, write_all(o->fd, o->fill, o->used));
    free(o->fill);
    *o = (struct outfile){.fd = -1};
}

uint64_t outfile_write(struct outfile *o, const void *data, uint64_t bytes)
{
    uint64_t room = ROOM - o->used, taken = bytes < room ? bytes : room;

    memcpy(o->fill + o->used, data, taken);
    o->used += taken;
    o->owed |= taken < bytes;
    start(o);
    return taken;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Block requests as jobs, and the file operations they are made of (block.h).
 */
#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR  512u
#define VECTORS 64
#define ZEROES  65536u

struct disk_job {
    struct job job;
    struct disk *disk;
    struct bp_block_io *io;
    int error;
    struct disk_job *next, *previous;
};

static const char *const op_names[] = {"read", "write", "flush", "discard", "zero"};

static int32_t to_status(int error)
{
    return !error                ? BP_OK
           : error == ENOMEM     ? BP_E_NOMEM
           : error == EOPNOTSUPP ? BP_E_UNSUPPORTED
                                 : BP_E_IO;
}

static void run(struct job *job)
{
    struct disk_job *j = (struct disk_job *)job;

    j->error = j->disk->execute(j->disk, j->io);
}

static void release(struct job *job)
{
    free(job);
}

/* Takes the job out of the list and hands the request back. */
static void settle(struct disk_job *j)
{
    struct disk *d = j->disk;

    if (j->next)
        j->next->previous = j->previous;
    if (j->previous)
        j->previous->next = j->next;
    else
        d->jobs = j->next;
    if (j->error)
        services_log(&d->sv, BP_LOG_ERROR, "%s of %llu bytes at %llu failed: %s",
                     op_names[j->io->op], (unsigned long long)j->io->bytes,
                     (unsigned long long)j->io->offset, strerror(j->error));
    d->sv.host->complete(d->sv.dev, j->io, to_status(j->error));
}

static void done(struct job *job)
{
    settle((struct disk_job *)job);
    free(job);
}

static int acceptable(const struct disk *d, const struct bp_block_io *io)
{
    if (io->op >= sizeof(op_names) / sizeof(*op_names))
        return 0;
    if (io->op != BP_BLOCK_READ && io->op != BP_BLOCK_FLUSH && d->read_only)
        return 0;
    return io->offset <= d->bytes && io->bytes <= d->bytes - io->offset;
}

void disk_submit(void *self, struct bp_block_io *io)
{
    struct disk *d = self;
    struct disk_job *j;
    int32_t status;

    if (!acceptable(d, io)) {
        d->sv.host->complete(d->sv.dev, io, BP_E_INVAL);
        return;
    }
    j = calloc(1, sizeof(*j));
    if (!j) {
        d->sv.host->complete(d->sv.dev, io, BP_E_NOMEM);
        return;
    }
    *j = (struct disk_job){
        .job = {.run = run, .done = done, .release = release},
        .disk = d,
        .io = io,
        .next = d->jobs,
    };
    if (d->jobs)
        d->jobs->previous = j;
    d->jobs = j;
    status = job_start(&d->sv, &j->job);
    if (status == BP_OK)
        return;
    d->jobs = j->next;
    if (j->next)
        j->next->previous = NULL;
    free(j);
    d->sv.host->complete(d->sv.dev, io, status);
}

void disk_drain(struct disk *d)
{
    while (d->jobs) {
        struct disk_job *j = d->jobs;

        job_abandon(&j->job); /* from now on the loop frees it */
        settle(j);
    }
}

int32_t disk_info(void *self, struct bp_block_info *out)
{
    const struct disk *d = self;

    if (!d->ready)
        return BP_E_STATE;
    out->flags = d->read_only ? BP_BLOCK_READ_ONLY : 0;
    out->bytes = d->bytes;
    out->sector = SECTOR;
    out->reserved = 0;
    snprintf(out->id, sizeof(out->id), "%s", d->serial ? d->serial : "");
    return BP_OK;
}

/* --- files -------------------------------------------------------------------------------------------------- */

/* A place in the request's memory. */
struct cursor {
    uint32_t i;
    uint64_t skip; /* bytes of iov[i] that are behind */
};

static void advance(struct cursor *at, const struct bp_block_io *io, uint64_t bytes)
{
    while (at->i < io->niov) {
        uint64_t left = io->iov[at->i].bytes - at->skip;

        if (bytes < left) {
            at->skip += bytes;
            return;
        }
        bytes -= left;
        at->i++;
        at->skip = 0;
    }
}

/* The next vectors, `bytes` at most; their number. */
static int collect(struct iovec v[VECTORS], const struct cursor *at, const struct bp_block_io *io,
                   uint64_t bytes)
{
    uint64_t skip = at->skip;
    int count = 0;

    for (uint32_t i = at->i; i < io->niov && count < VECTORS && bytes; i++) {
        uint64_t length = io->iov[i].bytes - skip;

        if (length > bytes)
            length = bytes;
        if (length)
            v[count++] = (struct iovec){(uint8_t *)io->iov[i].base + skip, length};
        bytes -= length;
        skip = 0;
    }
    return count;
}

int disk_move(int fd, int write, const struct bp_block_io *io, uint64_t from, uint64_t bytes,
              uint64_t offset)
{
    struct cursor at = {0};
    struct iovec v[VECTORS];

    advance(&at, io, from);
    while (bytes) {
        int count = collect(v, &at, io, bytes);
        ssize_t moved;

        if (!count)
            return EINVAL; /* less memory than the request says */
        moved = write ? pwritev(fd, v, count, (off_t)offset) : preadv(fd, v, count, (off_t)offset);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved <= 0)
            return moved ? errno : EIO; /* EIO: the file became shorter */
        advance(&at, io, (uint64_t)moved);
        bytes -= (uint64_t)moved;
        offset += (uint64_t)moved;
    }
    return 0;
}

int disk_write_zeroes(int fd, uint64_t offset, uint64_t bytes)
{
    static const uint8_t zeroes[ZEROES];

    while (bytes) {
        ssize_t put = pwrite(fd, zeroes, bytes < ZEROES ? bytes : ZEROES, (off_t)offset);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put ? errno : EIO;
        offset += (uint64_t)put;
        bytes -= (uint64_t)put;
    }
    return 0;
}

int disk_punch(int fd, uint64_t offset, uint64_t bytes, int must_read_zero)
{
    int result;

    if (!bytes)
        return 0;
    do
        result =
            fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)bytes);
    while (result && errno == EINTR);
    if (!result)
        return 0;
    if (must_read_zero)
        return disk_write_zeroes(fd, offset, bytes);
    return errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL
               ? 0
               : errno; /* a discard is advice */
}

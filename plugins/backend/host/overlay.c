/* SPDX-License-Identifier: Apache-2.0
 *
 * Copy on write in clusters of 4 KiB, the page size of most guests: a bit tells which are in the top file. Both files
 * use the same offsets. Readers share the lock; a writer has it alone, because two of them could meet in a
 * cluster that is being copied up.
 */
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CLUSTER UINT64_C(4096)

struct overlay {
    int base, top;
    uint64_t bytes;
    uint8_t *bitmap; /* cluster is in `top` */
    pthread_rwlock_t lock;
};

static int make_top(void)
{
    const char *folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};

    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        int fd =
            folders[i] && *folders[i] ? open(folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;

        if (fd >= 0)
            return fd;
    }
    return memfd_create("backplane-snapshot", MFD_CLOEXEC);
}

struct overlay *overlay_create(int base, uint64_t bytes)
{
    struct overlay *o = calloc(1, sizeof(*o));
    uint64_t clusters = bytes / CLUSTER + 1;
    int error;

    if (!o)
        return NULL;
    *o = (struct overlay){.base = base, .bytes = bytes, .top = make_top()};
    if (o->top < 0)
        goto fail;
    o->bitmap = calloc(1, clusters / 8 + 1);
    if (!o->bitmap || ftruncate(o->top, (off_t)bytes))
        goto fail;
    errno = pthread_rwlock_init(&o->lock, NULL);
    if (!errno)
        return o;
fail:
    error = errno;
    if (o->top >= 0)
        close(o->top);
    free(o->bitmap);
    free(o);
    errno = error;
    return NULL;
}

void overlay_destroy(struct overlay *o)
{
    if (!o)
        return;
    pthread_rwlock_destroy(&o->lock);
    close(o->top);
    free(o->bitmap);
    free(o);
}

static int in_top(const struct overlay *o, uint64_t cluster)
{
    return o->bitmap[cluster / 8] >> cluster % 8 & 1;
}

static void set_top(struct overlay *o, uint64_t offset, uint64_t bytes)
{
    for (uint64_t c = offset / CLUSTER; c <= (offset + bytes - 1) / CLUSTER; c++)
        o->bitmap[c / 8] |= (uint8_t)(1 << c % 8);
}

/* Runs of clusters that are all in the same file, one read each. */
static int read_runs(struct overlay *o, const struct bp_block_io *io)
{
    uint64_t at = io->offset, end = io->offset + io->bytes;
    int error = 0;

    while (at < end && !error) {
        uint64_t cluster = at / CLUSTER, stop;
        int top = in_top(o, cluster);

        do
            stop = ++cluster * CLUSTER;
        while (stop < end && in_top(o, cluster) == top);
        if (stop > end)
            stop = end;
        error = disk_move(top ? o->top : o->base, 0, io, at - io->offset, stop - at, at);
        at = stop;
    }
    return error;
}

/* Before a part of a cluster is written, the rest of it must be there. */
static int copy_up(struct overlay *o, uint64_t cluster)
{
    uint8_t data[CLUSTER];
    uint64_t offset = cluster * CLUSTER, left = o->bytes - offset;
    struct bp_iovec iov = {.base = data, .bytes = left < CLUSTER ? left : CLUSTER};
    const struct bp_block_io io = {.size = sizeof(io), .bytes = iov.bytes, .iov = &iov, .niov = 1};
    int error;

    if (in_top(o, cluster))
        return 0;
    error = disk_move(o->base, 0, &io, 0, iov.bytes, offset);
    if (!error)
        error = disk_move(o->top, 1, &io, 0, iov.bytes, offset);
    if (!error)
        set_top(o, offset, 1);
    return error;
}

static int change(struct overlay *o, const struct bp_block_io *io)
{
    uint64_t end = io->offset + io->bytes;
    int error = 0;

    if (!io->bytes)
        return 0;
    if (io->offset % CLUSTER)
        error = copy_up(o, io->offset / CLUSTER);
    if (!error && end % CLUSTER && end != o->bytes)
        error = copy_up(o, end / CLUSTER);
    if (!error)
        error = io->op == BP_BLOCK_WRITE ? disk_move(o->top, 1, io, 0, io->bytes, io->offset)
                                         : disk_punch(o->top, io->offset, io->bytes, 1);
    if (!error)
        set_top(o, io->offset, io->bytes);
    return error;
}

int overlay_execute(struct overlay *o, const struct bp_block_io *io)
{
    int error;

    switch (io->op) {
    case BP_BLOCK_READ:
        pthread_rwlock_rdlock(&o->lock);
        error = read_runs(o, io);
        break;
    case BP_BLOCK_WRITE:
    case BP_BLOCK_ZERO:
        pthread_rwlock_wrlock(&o->lock);
        error = change(o, io);
        break;
    default:
        return 0; /* nothing here outlives the run, so flush and discard have nothing to do */
    }
    pthread_rwlock_unlock(&o->lock);
    return error;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * outfile.h - bytes to a descriptor that cannot be polled (a regular file), without ever blocking the loop. [main]
 *
 * A buffer fills while the other is written on the pool. What does not fit is refused, so the guest slows down to the
 * speed of the disk.
 */
#ifndef HOST_OUTFILE_H
#define HOST_OUTFILE_H

#include "job.h"

struct outfile {
    const struct services *sv;
    int fd; /* borrowed; -1: closed */
    uint8_t *fill;
    uint64_t used;
    struct outfile_job *job;  /* being written */
    void (*ready)(void *ctx); /* room again, after a write that took less than offered */
    void *ctx;
    int owed, failing;
};

int32_t outfile_init(struct outfile *o, const struct services *sv, int fd, void (*ready)(void *ctx),
                     void *ctx);
/* Writes out what is left, waiting for it; accepts a zeroed one. */
void outfile_finish(struct outfile *o);
uint64_t outfile_write(struct outfile *o, const void *data,
                       uint64_t bytes); /* how many were taken */

#endif

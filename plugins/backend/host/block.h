/* SPDX-License-Identifier: Apache-2.0
 *
 * block.h - the part all block back ends share: each request is a job on the pool, completed exactly once.
 */
#ifndef HOST_BLOCK_H
#define HOST_BLOCK_H

#include "job.h"

struct disk_job;

/* First member of every instance. [main] but for execute(). */
struct disk {
    struct services sv;
    uint64_t bytes; /* size of the medium */
    uint8_t read_only, ready;
    const char *serial; /* may be NULL */
    /* On a pool thread, several at once. 0 or an errno. The range is inside the medium. */
    int (*execute)(struct disk *d, const struct bp_block_io *io);
    struct disk_job *jobs; /* in flight */
};

/* The functions of the class. */
int32_t disk_info(void *self, struct bp_block_info *out);
void disk_submit(void *self, struct bp_block_io *io);
/* Waits for what is in flight and completes it. Accepts a zeroed one. */
void disk_drain(struct disk *d);

/* --- helpers for execute(); 0 or an errno ------------------------------------------------------------------ */
/* Moves the part [from, from + bytes) of a request between its memory and a file at `offset`. */
int disk_move(int fd, int write, const struct bp_block_io *io, uint64_t from, uint64_t bytes,
              uint64_t offset);
int disk_write_zeroes(int fd, uint64_t offset, uint64_t bytes);
/* Drops the storage of a range. `must_read_zero`: writes zeroes where it cannot. */
int disk_punch(int fd, uint64_t offset, uint64_t bytes, int must_read_zero);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * medium.h - the image behind a memory part: read once at power-on, written back page by page while
 * the guest goes on. Without a back end the part begins erased and forgets when the machine ends.
 */
#ifndef MEDIUM_H
#define MEDIUM_H

#include <backplane/block.h>
#include <backplane/trace.h>

#define MEDIUM_PAGE   4096u
#define MEDIUM_BOUNCE (16 * MEDIUM_PAGE)

struct medium {
    struct bp_dev *dev;
    const struct bp_block_api *blocks;
    const struct bp_trace_api *trace;
    struct bp_block *drive; /* the port, at this place of the instance */

    uint8_t *data; /* the part's memory */
    uint64_t bytes;
    uint8_t inverted; /* `data` holds the complement: erased bytes, which read 0xff, are 0 */
    uint8_t loaded;

    uint8_t *dirty;  /* one byte for each page that the image lacks; NULL: no image */
    uint8_t *bounce; /* what is being written back: the guest may change the page meanwhile */
    uint32_t writing;
    int32_t load_status;
};

/* [main] in init(). dev, blocks, trace, data, bytes and inverted are set. BP_E_INVAL, explained, for an image that is
 * larger than the part. */
int32_t medium_init(struct medium *m, const struct bp_core *core);
void medium_finish(struct medium *m);

/* [machine], in reset(): reads the image when that has not been done, and waits for it. */
void medium_load(struct medium *m);
/* [machine]. `bytes` from `offset` on have changed. */
void medium_changed(struct medium *m, uint64_t offset, uint64_t bytes);
/* [machine]. The port's on_complete(), passed on. */
void medium_complete(struct medium *m, uint64_t token, int32_t status);
/* Does the back end refuse writes? The part goes on with what it has. */
uint32_t medium_read_only(const struct medium *m);

#endif

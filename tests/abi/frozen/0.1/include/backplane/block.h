/* SPDX-License-Identifier: Apache-2.0
 *
 * block.h - bp.block/1: the device's end of a block back end (disk, flash image).
 */
#ifndef BACKPLANE_BLOCK_H
#define BACKPLANE_BLOCK_H

#include <backplane/backend.h>

BP_BEGIN

struct bp_block; /* one BLOCK port */

struct bp_block_client {
    uint32_t size, flags;
    /* [machine]. A request is over; `status` is BP_OK or BP_E_*. `token` as given to submit(). */
    void (*on_complete)(void *self, uint64_t token, int32_t status);
};

#define BP_BLOCK_ID "bp.block/1"
struct bp_block_api {
    uint32_t size, flags;
    /* [main] in init, else [machine]. BP_E_NOENT: no medium. */
    int32_t (*info)(struct bp_block *port, struct bp_block_info *out);
    /* [machine]. Starts a request. `iov` is copied; the memory it names stays the caller's (map() of bus.h)
     * and untouched until on_complete(), which always follows and never before submit() returns.
     * BP_E_INVAL: outside the medium, or a write to a read-only one; then nothing follows. */
    int32_t (*submit)(struct bp_block *port, uint32_t op, uint64_t offset, uint64_t bytes,
                      const struct bp_iovec *iov, uint32_t niov, uint64_t token);
    /* [machine]. Requests that have not completed. A reset must wait for them: use drain(). */
    uint32_t (*in_flight)(struct bp_block *port);
    /* [machine]. Waits until none is in flight; on_complete() is called for each meanwhile. */
    void (*drain)(struct bp_block *port);
};

BP_END
#endif

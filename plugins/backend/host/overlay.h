/* SPDX-License-Identifier: Apache-2.0
 *
 * overlay.h - copy on write: what is written goes to a nameless sparse file and is gone afterwards.
 */
#ifndef HOST_OVERLAY_H
#define HOST_OVERLAY_H

#include "block.h"

struct overlay;

/* Over `base` (borrowed) of `bytes`. NULL with errno. */
struct overlay *overlay_create(int base, uint64_t bytes);
void overlay_destroy(struct overlay *o); /* accepts NULL */
/* One request, on a pool thread; several at once are fine. 0 or an errno. */
int overlay_execute(struct overlay *o, const struct bp_block_io *io);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * reserve.h - load-reserved and store-conditional, right also when a value changes and changes back
 * (ABA).
 *
 * A reservation is a bit per vCPU in a bucket found by hashing the 64-byte line of guest memory, by
 * its physical address: where the host put it must not decide which lines meet. Buckets have a lock
 * bit. Under it LR reads and sets its bit, SC checks the bit and writes, and every other store that
 * can meet a reservation writes and clears the bits of other vCPUs. So between an LR and its SC no
 * such store goes unnoticed, whatever value it leaves.
 *
 * What remains is that all stores which can meet a reservation do come here. On a machine with one
 * vCPU there are none. With several, LR makes its page a SYNC page first (codemap_mark() with
 * `always`): all write TLB entries of the page are gone on every vCPU, no slow store that had not
 * seen the bit is still under way, and from then on stores to the page take the slow path and the
 * bucket's lock. A page that sees RESERVE_SYNC_STORES slow stores and no LR in between loses the
 * bit: it is cleared first, then all buckets of the page's lines are emptied, each under its lock.
 * LR looks at the bit again under the lock, so it either sees it cleared and starts over, or its
 * reservation is seen and broken.
 *
 * Two lines that share a bucket break each other's reservations: an SC may fail for no reason of
 * the guest's, which architectures with LR/SC allow. It never succeeds wrongly. Devices that write
 * RAM break reservations afterwards (reserve_break_range()); SC also compares the value, so that it
 * cannot overwrite what a device just changed.
 */
#ifndef ACCEL_RESERVE_H
#define ACCEL_RESERVE_H

#include <stdatomic.h>
#include <stdint.h>

#include "codemap.h"

#define RESERVE_BUCKETS     1024
#define RESERVE_CPUS        63 /* most vCPUs of a machine */
#define RESERVE_LOCKED      (1ull << 63)
#define RESERVE_SYNC_STORES 4096

typedef _Atomic uint64_t reserve_bucket;

struct reserve {
    reserve_bucket buckets[RESERVE_BUCKETS];
};

/* One vCPU's reservation. */
struct reservation {
    void *host;     /* NULL: none */
    uint32_t width; /* 4 or 8 */
    uint64_t value; /* what LR read */
};

/* [vcpu]. The bucket of the line at `pa`, locked; the caller passes what it wants left in it to
 * the unlock. */
reserve_bucket *reserve_lock(struct reserve *reserve, uint64_t pa, uint64_t *bits);
void reserve_unlock(reserve_bucket *bucket, uint64_t bits);

/* The bit of vCPU `index`; a store by that vCPU leaves just this bit in the bucket. */
static inline uint64_t reserve_bit(uint32_t index)
{
    return 1ull << index;
}

/* [any]. Breaks every reservation in the `bytes` at `pa`. */
void reserve_break_range(struct reserve *reserve, uint64_t pa, uint64_t bytes);

/* [any]. Counts a slow store to the SYNC page at `page`; ends SYNC when it is time. */
void reserve_cool(struct reserve *reserve, codemap_word *word, uint64_t page);

#endif

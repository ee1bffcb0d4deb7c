/* SPDX-License-Identifier: Apache-2.0
 *
 * reserve.c - the buckets of reservations; reserve.h has the scheme and why it is right.
 */
#include "reserve.h"

#include <sched.h>

#define LINE  64u
#define SPINS 100

static reserve_bucket *bucket_of(struct reserve *reserve, uint64_t line)
{
    return &reserve->buckets[(line / LINE ^ line / LINE / RESERVE_BUCKETS) % RESERVE_BUCKETS];
}

static uint64_t lock(reserve_bucket *bucket)
{
    uint64_t old = atomic_load_explicit(bucket, memory_order_relaxed);

    for (int spins = 0;; spins++) {
        if (!(old & RESERVE_LOCKED) &&
            atomic_compare_exchange_weak(bucket, &old, old | RESERVE_LOCKED))
            return old;
        if (spins > SPINS)
            sched_yield(); /* the holder's thread may have lost its processor */
        old = atomic_load_explicit(bucket, memory_order_relaxed);
    }
}

reserve_bucket *reserve_lock(struct reserve *reserve, uint64_t pa, uint64_t *bits)
{
    reserve_bucket *bucket = bucket_of(reserve, pa);

    *bits = lock(bucket);
    return bucket;
}

void reserve_unlock(reserve_bucket *bucket, uint64_t bits)
{
    atomic_store_explicit(bucket, bits, memory_order_release);
}

void reserve_break_range(struct reserve *reserve, uint64_t pa, uint64_t bytes)
{
    uint64_t line = pa & ~(uint64_t)(LINE - 1), end = pa + bytes;

    for (; line < end; line += LINE) {
        reserve_bucket *bucket = bucket_of(reserve, line);
        lock(bucket);
        reserve_unlock(bucket, 0);
    }
}

void reserve_cool(struct reserve *reserve, codemap_word *word, uint64_t page)
{
    uint64_t old = atomic_fetch_add(word, CODEMAP_STORE);

    if (old / CODEMAP_STORE < RESERVE_SYNC_STORES)
        return;
    /* Whoever takes the bit away has to break what it protected. */
    if (atomic_fetch_and(word, ~(CODEMAP_SYNC | CODEMAP_STORES)) & CODEMAP_SYNC)
        reserve_break_range(reserve, page, 1u << CODEMAP_PAGE_BITS);
}

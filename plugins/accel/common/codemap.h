/* SPDX-License-Identifier: Apache-2.0
 *
 * codemap.h - one 64-bit word per physical page that can be executed or written: which 128-byte
 * granules hold translated code, and whether stores to the page may bypass the slow path.
 *
 * Self-modifying code. A page gets into a write TLB only through codemap_writer(), which refuses
 * while any bit of CODEMAP_SLOW is set. So every store to a page with code takes the slow path,
 * which stores first and then looks at the granule's bit with an atomic read-modify-write
 * (codemap_hit()); if it is set, code is invalidated. A translator does the opposite: it sets the
 * bits first, also with a read-modify-write, and reads the code after (codemap_mark()). The two
 * operations are on one word, hence ordered: if the store's comes first, the translator reads the
 * new bytes; if it comes second, it sees the bits. Either way no stale code survives.
 *
 * A page that may be in someone's write TLB has CODEMAP_WRITERS. Its first granule is marked
 * together with CODEMAP_DRAIN; the entries are shot down (world.h) and then DRAIN goes. DRAIN keeps
 * the page out of write TLBs meanwhile even if the code is invalidated again, so "no WRITERS"
 * always means "in no write TLB", and a second translator that meets DRAIN waits for the first.
 *
 * CODEMAP_SYNC does the same for load-reserved/store-conditional, see reserve.h.
 */
#ifndef ACCEL_CODEMAP_H
#define ACCEL_CODEMAP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "world.h"

#define CODEMAP_PAGE_BITS    12
#define CODEMAP_GRANULE_BITS 7
#define CODEMAP_CODE         0xffffffffull /* one bit per granule */
#define CODEMAP_WRITERS      (1ull << 32)  /* may be in a write TLB */
#define CODEMAP_SYNC         (1ull << 33)  /* stores synchronise with reservations */
#define CODEMAP_DRAIN        (1ull << 34)  /* a shootdown of write TLB entries is under way */
#define CODEMAP_RESERVED     (1ull << 35)  /* a reservation was taken here, ever */
#define CODEMAP_STORE        (1ull << 40) /* one slow store since the last reservation; a count ... */
#define CODEMAP_STORES       (~0ull << 40) /* ... up to bit 63 */
#define CODEMAP_SLOW         (CODEMAP_CODE | CODEMAP_SYNC | CODEMAP_DRAIN)

typedef _Atomic uint64_t codemap_word;

struct codemap_range {
    uint64_t base, bytes; /* multiples of the page size */
    codemap_word *words;
};

#define CODEMAP_RANGES 64

struct codemap {
    pthread_mutex_t lock; /* of writers; ranges are only appended */
    _Atomic uint32_t nranges;
    struct codemap_range ranges[CODEMAP_RANGES];
};

void codemap_init(struct codemap *map);
void codemap_finish(struct codemap *map); /* nobody may use words any more */

/* [any]. The word of the page at pa; valid until codemap_finish(). NULL: the page is not covered
 * yet. */
codemap_word *codemap_find(struct codemap *map, uint64_t pa);

/* [any]. As above, and covers [base, base + bytes) around pa first, as far as it is not. NULL: no
 * room or memory; then the page must be neither in a write TLB nor cached as code. */
codemap_word *codemap_cover(struct codemap *map, uint64_t pa, uint64_t base, uint64_t bytes);

/* Bits of the granules that [pa, pa + bytes) touches within pa's page; bytes >= 1. */
static inline uint64_t codemap_granules(uint64_t pa, uint64_t bytes)
{
    uint32_t offset = (uint32_t)pa & 0xfff;
    uint64_t end = bytes > 0x1000 - offset ? 0xfff : offset + bytes - 1;
    uint32_t first = offset >> CODEMAP_GRANULE_BITS, last = (uint32_t)(end >> CODEMAP_GRANULE_BITS);
    return (CODEMAP_CODE >> (31 - (last - first))) << first & CODEMAP_CODE;
}

/* [vcpu], RUNNING. 1: the page may go into this vCPU's write TLB, and has been noted as being in
 * one. */
static inline int codemap_writer(codemap_word *word)
{
    uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
    do {
        if (old & CODEMAP_SLOW)
            return 0;
        if (old & CODEMAP_WRITERS)
            return 1;
    } while (!atomic_compare_exchange_weak(word, &old, old | CODEMAP_WRITERS));
    return 1;
}

/* [any], after a store that did not go through a write TLB. Nonzero: granules with code that it
 * hit. */
static inline uint64_t codemap_hit(codemap_word *word, uint64_t pa, uint64_t bytes)
{
    return atomic_fetch_or(word, 0) & codemap_granules(pa, bytes);
}

/* [any]. Takes the bits of all granules that [pa, pa + bytes) touches away, and tells which were
 * set. Whoever does so posts WORLD_INVALIDATE for the whole of these granules afterwards: not
 * before, lest a vCPU that has applied the mail translates again and loses its new bits. */
static inline uint64_t codemap_clear(codemap_word *word, uint64_t pa, uint64_t bytes)
{
    uint64_t granules = codemap_granules(pa, bytes);
    return atomic_fetch_and(word, ~granules) & granules;
}

/* [vcpu], OUT. Sets `bits` (granules, or SYNC) in the word of the page at pa; when it returns, no
 * write TLB has the page. `always`: wait for all vCPUs even if none has it, so that slow stores
 * under way are over, too. */
void codemap_mark(codemap_word *word, uint64_t pa, uint64_t bits, int always, struct world *world,
                  struct world_cpu *self);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * codemap.c - the map of pages with code; codemap.h has the protocol.
 *
 * The words of a range are anonymous memory that the host backs on first touch: 8 bytes per guest
 * page, and nothing for the parts of guest memory that are never written or executed.
 */
#include "codemap.h"

#include <sys/mman.h>

#define PAGE 0x1000ull

void codemap_init(struct codemap *map)
{
    pthread_mutex_init(&map->lock, NULL);
    atomic_init(&map->nranges, 0);
}

static size_t words_size(const struct codemap_range *range)
{
    return (size_t)(range->bytes / PAGE) * sizeof *range->words;
}

void codemap_finish(struct codemap *map)
{
    uint32_t n = atomic_load(&map->nranges);

    for (uint32_t i = 0; i < n; i++)
        munmap(map->ranges[i].words, words_size(&map->ranges[i]));
    atomic_store(&map->nranges, 0);
    pthread_mutex_destroy(&map->lock);
}

codemap_word *codemap_find(struct codemap *map, uint64_t pa)
{
    uint32_t n = atomic_load_explicit(&map->nranges, memory_order_acquire);

    for (uint32_t i = 0; i < n; i++) {
        const struct codemap_range *range = &map->ranges[i];
        if (pa - range->base < range->bytes)
            return &range->words[(pa - range->base) / PAGE];
    }
    return NULL;
}

/* Narrows [base, end) around pa to what no range covers. */
static void clip(const struct codemap *map, uint32_t n, uint64_t pa, uint64_t *base, uint64_t *end)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t from = map->ranges[i].base, to = from + map->ranges[i].bytes;
        if (to <= pa && to > *base)
            *base = to;
        if (from > pa && from < *end)
            *end = from;
    }
}

codemap_word *codemap_cover(struct codemap *map, uint64_t pa, uint64_t base, uint64_t bytes)
{
    codemap_word *word = codemap_find(map, pa);
    uint64_t end = base + bytes < base ? ~(PAGE - 1) : (base + bytes + PAGE - 1) & ~(PAGE - 1);
    struct codemap_range *range;
    uint32_t n;

    if (word)
        return word;
    pthread_mutex_lock(&map->lock);
    word = codemap_find(map, pa);
    n = atomic_load(&map->nranges);
    if (word || n == CODEMAP_RANGES)
        goto out;
    base &= ~(PAGE - 1);
    clip(map, n, pa, &base, &end);
    range = &map->ranges[n];
    range->base = base;
    range->bytes = end - base;
    range->words = mmap(NULL, words_size(range), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range->words == MAP_FAILED)
        goto out;
    atomic_store_explicit(&map->nranges, n + 1, memory_order_release);
    word = &range->words[(pa - base) / PAGE];
out:
    pthread_mutex_unlock(&map->lock);
    return word;
}

/* Another vCPU is shooting this page down; it holds the lock as long as that takes. */
static void wait_for_drain(struct world *world)
{
    pthread_mutex_lock(&world->shootdown);
    pthread_mutex_unlock(&world->shootdown);
}

static void shoot_down(codemap_word *word, uint64_t pa, uint64_t bits, int always,
                       struct world *world, struct world_cpu *self)
{
    uint64_t old, new;

    pthread_mutex_lock(&world->shootdown);
    old = atomic_load(word);
    do {
        new = (old & ~CODEMAP_WRITERS) | bits | CODEMAP_DRAIN;
    } while (!atomic_compare_exchange_weak(word, &old, new));
    if ((old & CODEMAP_WRITERS) || always) {
        world_post_all(world, NULL, WORLD_DROP_WRITES, pa & ~(PAGE - 1), PAGE);
        world_wait(world, self);
    }
    atomic_fetch_and(word, ~CODEMAP_DRAIN);
    pthread_mutex_unlock(&world->shootdown);
}

void codemap_mark(codemap_word *word, uint64_t pa, uint64_t bits, int always, struct world *world,
                  struct world_cpu *self)
{
    uint64_t old = atomic_load(word);

    for (;;) {
        if (old & CODEMAP_DRAIN) {
            wait_for_drain(world);
            old = atomic_load(word);
        } else if ((old & CODEMAP_WRITERS) || (always && (old & bits) != bits)) {
            shoot_down(word, pa, bits, always, world, self);
            return;
        } else if (atomic_compare_exchange_weak(word, &old, old | bits)) {
            return;
        }
    }
}

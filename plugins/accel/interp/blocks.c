/* SPDX-License-Identifier: Apache-2.0
 *
 * blocks.c - the code cache of a vCPU: an arena of blocks, a table by physical address, and
 * forgetting.
 *
 * The table's bucket is chosen by page and granule of the block's first byte so that the granules
 * of a page lie in a row. As a block covers at most INTERP_BYTES, all blocks over some byte start
 * in its granule or the two before, or are among the few that cross into the page; so forgetting
 * looks at four short lists.
 *
 * The arena only grows, until it is emptied as a whole between blocks, when what it has and what the tier above has
 * fill the cache. Hence a block can be
 * forgotten while it runs, and links to it need no undoing: its first record is turned into a
 * look-up.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "handlers.h"
#include "interp.h"

#define GRANULE          (1u << CODEMAP_GRANULE_BITS)
#define PAGE_OF(a)       ((a) & ~(MMU_PAGE - 1))
#define BYTES_PER_BUCKET 512 /* a block takes about as much */

static const struct block nowhere = {.va = 1, .key = 0};

static struct block **bucket_of(struct bp_vcpu *v, uint64_t pa)
{
    uint64_t page = pa / MMU_PAGE, granule = pa % MMU_PAGE / GRANULE;

    return &v->buckets[((page * 0x9e3779b97f4a7c15ull >> 32) + granule) & v->bucket_mask];
}

static struct block **cross_of(struct bp_vcpu *v, uint64_t page)
{
    return &v->crosses[page / MMU_PAGE % INTERP_CROSSES];
}

static void clear_jumps(struct bp_vcpu *v)
{
    for (uint32_t i = 0; i < INTERP_JUMPS; i++)
        INTERP_JUMP_CACHE(v)[i] = (struct block *)&nowhere;
}

int32_t interp_cache_init(struct bp_vcpu *v, uint64_t bytes)
{
    uint32_t nbuckets = 64;

    while (nbuckets < bytes / BYTES_PER_BUCKET)
        nbuckets *= 2;
    v->bucket_mask = nbuckets - 1;
    v->buckets = calloc(nbuckets, sizeof(struct block *));
    v->arena = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (v->arena == MAP_FAILED)
        v->arena = NULL;
    if (!v->buckets || !v->arena)
        return BP_E_NOMEM;
    v->arena_size = bytes;
    clear_jumps(v);
    return v->tier ? v->tier->start(v) : BP_OK;
}

void interp_cache_finish(struct bp_vcpu *v)
{
    if (v->translator)
        v->tier->stop(v);
    if (v->arena)
        munmap(v->arena, v->arena_size);
    free(v->buckets);
}

void interp_cache_empty(struct bp_vcpu *v)
{
    memset(v->buckets, 0, (v->bucket_mask + 1) * sizeof(struct block *));
    memset(v->crosses, 0, sizeof v->crosses);
    clear_jumps(v);
    v->arena_used = 0;
    v->epoch++;
    v->stats.emptied++;
    if (v->tier)
        v->tier->emptied(v);
}

uint64_t interp_cache_room(const struct bp_vcpu *v)
{
    uint64_t used = v->arena_used + (v->tier ? v->tier->used(v) : 0);

    return used < v->arena_size ? v->arena_size - used : 0;
}

struct block *interp_cache_alloc(struct bp_vcpu *v, uint32_t nrecs, uint32_t ninsns)
{
    uint64_t bytes =
        sizeof(struct block) + nrecs * sizeof(struct rec) + (ninsns + 1) * sizeof(uint16_t);
    struct block *block;

    bytes = (bytes + 15) & ~15ull;
    if (bytes > v->arena_size)
        return NULL;
    if (bytes > interp_cache_room(v))
        interp_cache_empty(v);
    block = (struct block *)(v->arena + v->arena_used);
    v->arena_used += bytes;
    if (v->arena_used > v->stats.code_bytes)
        v->stats.code_bytes = v->arena_used;
    memset(block, 0, sizeof *block);
    block->nrecs = (uint16_t)nrecs;
    block->ninsns = (uint8_t)ninsns;
    if (v->tier) {
        block->heat = v->tier->heat;
        block->native = v->tier->unentered(v);
    }
    return block;
}

void interp_cache_insert(struct bp_vcpu *v, struct block *block)
{
    struct block **bucket = bucket_of(v, block->pa);

    block->next = *bucket;
    *bucket = block;
    if (block->pa2 == INTERP_NO_PAGE)
        return;
    bucket = cross_of(v, block->pa2);
    block->next_cross = *bucket;
    *bucket = block;
}

/* A crossing block is right only if the page behind is still the same one. */
static int second_page_matches(struct bp_vcpu *v, const struct block *block)
{
    uint64_t pa2;

    if (block->pa2 == INTERP_NO_PAGE)
        return 1;
    return !mmu_fetch(&v->mmu, (PAGE_OF(block->va) + MMU_PAGE) & v->pc_mask, *v->fetch_context,
                      &pa2, NULL) &&
           PAGE_OF(pa2) == block->pa2;
}

struct block *interp_cache_find(struct bp_vcpu *v, uint64_t va, uint64_t pa, uint64_t mode)
{
    struct block *block;

    for (block = *bucket_of(v, pa); block; block = block->next) {
        if (block->pa == pa && block->va == va && block->mode == mode &&
            second_page_matches(v, block))
            return block;
    }
    return NULL;
}

/* The last links are kept: someone may be running here. */
static void kill(struct bp_vcpu *v, struct block *block)
{
    block->dead = 1;
    block->key = 0;
    block->recs[0].handler = interp_handlers[H_DEAD];
    if (v->tier)
        v->tier->kill(v, block);
    v->stats.invalidated++;
    interp_request_leave(&v->mmu);
}

static void unlink_from(struct block **head, struct block *block, size_t link)
{
    while (*head && *head != block)
        head = (struct block **)((char *)*head + link);
    if (*head)
        *head = *(struct block **)((char *)block + link);
}

static int overlaps(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

/* Blocks that begin in the granule at `start`. 1: one that reaches into [wide, wide + wide_bytes)
 * is left. */
static int forget_in_bucket(struct bp_vcpu *v, uint64_t start, uint64_t pa, uint64_t bytes,
                            uint64_t wide, uint64_t wide_bytes)
{
    struct block **link = bucket_of(v, start), *block;
    int left = 0;

    while ((block = *link)) {
        uint64_t in_page =
            block->pa2 == INTERP_NO_PAGE ? block->bytes : MMU_PAGE - block->pa % MMU_PAGE;
        if (overlaps(block->pa, in_page, pa, bytes)) {
            *link = block->next;
            if (block->pa2 != INTERP_NO_PAGE)
                unlink_from(cross_of(v, block->pa2), block, offsetof(struct block, next_cross));
            kill(v, block);
        } else {
            left |= overlaps(block->pa, in_page, wide, wide_bytes);
            link = &block->next;
        }
    }
    return left;
}

/* Blocks that cross into the page of pa, which lies in its first granule. */
static int forget_crossing(struct bp_vcpu *v, uint64_t pa, uint64_t bytes)
{
    struct block **link = cross_of(v, PAGE_OF(pa)), *block;
    int left = 0;

    while ((block = *link)) {
        uint64_t beyond = block->bytes - (MMU_PAGE - block->pa % MMU_PAGE);
        if (block->pa2 != PAGE_OF(pa)) {
            link = &block->next_cross;
        } else if (overlaps(block->pa2, beyond, pa, bytes)) {
            *link = block->next_cross;
            unlink_from(bucket_of(v, block->pa), block, offsetof(struct block, next));
            kill(v, block);
        } else {
            left = 1;
            link = &block->next_cross;
        }
    }
    return left;
}

/* The range lies within one page. */
static int forget_in_page(struct bp_vcpu *v, uint64_t pa, uint64_t bytes)
{
    uint64_t wide = pa & ~(uint64_t)(GRANULE - 1),
             end = (pa + bytes + GRANULE - 1) & ~(uint64_t)(GRANULE - 1);
    uint64_t start = wide - PAGE_OF(pa) < INTERP_BYTES ? PAGE_OF(pa) : wide - INTERP_BYTES;
    int left = 0;

    for (; start < end; start += GRANULE)
        left |= forget_in_bucket(v, start, pa, bytes, wide, end - wide);
    if (wide == PAGE_OF(pa))
        left |= forget_crossing(v, pa, bytes);
    return left;
}

static void forget_all(struct bp_vcpu *v)
{
    for (uint32_t i = 0; i <= v->bucket_mask; i++) {
        for (struct block *block = v->buckets[i]; block; block = block->next)
            kill(v, block);
        v->buckets[i] = NULL;
    }
    memset(v->crosses, 0, sizeof v->crosses);
}

int interp_cache_forget(struct mmu *mmu, uint64_t pa, uint64_t bytes)
{
    struct bp_vcpu *v = interp_of(mmu);
    int left = 0;

    if (!v->arena)
        return 0;
    if (pa == 0 && bytes == ~0ull) {
        forget_all(v);
        return 0;
    }
    for (uint64_t end = pa + bytes, next; pa < end; pa = next) {
        next = PAGE_OF(pa) + MMU_PAGE < end ? PAGE_OF(pa) + MMU_PAGE : end;
        left |= forget_in_page(v, pa, next - pa);
    }
    return left;
}

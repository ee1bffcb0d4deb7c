/* SPDX-License-Identifier: Apache-2.0
 *
 * softmmu.c - the tables: walks, fills and flushes. The accesses that use them are in access.c.
 */
#include "softmmu.h"

#include <string.h>

#define PAGE_OF(a) ((a) & ~(MMU_PAGE - 1))

static void clear(struct mmu_tlb *tlb)
{
    memset(tlb, 0, sizeof *tlb);
    tlb->read[0].tag = tlb->write[0].tag = ~0ull;
}

static void clear_entry(struct mmu_entry *table, uint64_t va)
{
    uint64_t i = mmu_slot(va) >> 4;

    if ((va ^ table[i].tag) < MMU_PAGE)
        table[i].tag = i ? 0 : ~0ull;
}

void mmu_init(struct mmu *mmu)
{
    mmu->ncontexts = mmu->cls->ncontexts < MMU_CONTEXTS ? mmu->cls->ncontexts : MMU_CONTEXTS;
    mmu->generation = 1;
    for (uint32_t i = 0; i < mmu->ncontexts; i++)
        mmu->tlbs[i].read[0].tag = mmu->tlbs[i].write[0].tag = ~0ull;
}

int mmu_raise(struct mmu *mmu, uint32_t type, uint32_t kind, uint32_t cause, uint64_t va)
{
    mmu->fault = (struct bp_fault){
        .size = sizeof mmu->fault, .type = type, .kind = kind, .cause = cause, .va = va};
    return MMU_FAULT;
}

/* --- physical pages -------------------------------------------------------------------------- */

static void resolve(struct mmu *mmu, uint64_t pa, struct mmu_page *page)
{
    struct mmu_machine *machine = mmu->machine;
    struct bp_phys phys = {0};
    uint64_t base = PAGE_OF(pa);

    *page = (struct mmu_page){.pa = base | 1};
    machine->api->resolve(machine->host, pa, &phys);
    page->flags = phys.flags;
    if (!phys.host || base < phys.base || base - phys.base > phys.bytes ||
        phys.bytes - (base - phys.base) < MMU_PAGE)
        return;
    page->host = (uint8_t *)phys.host + (base - phys.base);
    page->word = codemap_cover(&machine->map, pa, phys.base, phys.bytes);
}

const struct mmu_page *mmu_page(struct mmu *mmu, uint64_t pa)
{
    struct mmu_page *page = &mmu->pages[pa / MMU_PAGE % MMU_PAGES];

    if (page->pa != (PAGE_OF(pa) | 1))
        resolve(mmu, pa, page);
    return page;
}

/* --- virtual addresses ----------------------------------------------------------------------- */

/* Remembers that the page around va is part of a larger one, so that flushing any address in it
 * flushes all. */
static void note_large(struct mmu *mmu, uint32_t context, uint64_t va, uint32_t log2_size)
{
    uint64_t mask = log2_size > 63 ? 0 : ~0ull << log2_size;
    uint64_t base = mmu->large[context].base;

    if (mmu->has_large & 1u << context) {
        mask &= mmu->large[context].mask;
        while ((va ^ base) & mask)
            mask <<= 1;
    }
    mmu->has_large |= 1u << context;
    mmu->large[context].mask = mask;
    mmu->large[context].base = va & mask;
}

static const uint32_t needed[] = {
    [BP_MEM_READ] = BP_PROT_READ,
    [BP_MEM_WRITE] = BP_PROT_WRITE,
    [BP_MEM_FETCH] = BP_PROT_FETCH,
    [BP_MEM_AMO] = BP_PROT_READ | BP_PROT_WRITE,
};

/* Asks the CPU class. */
static int walk(struct mmu *mmu, uint64_t va, uint32_t bytes, uint32_t kind, uint32_t context,
                struct mmu_found *found)
{
    struct bp_walk w = {.bytes = bytes};
    int32_t cause;

    mmu->stats.walks++;
    cause = mmu->cls->walk(mmu->state, va, kind, context, 0, &w);
    if (cause)
        return mmu_raise(mmu, BP_FAULT_WALK, kind, (uint32_t)cause, va);
    found->pa = w.pa;
    found->prot = w.prot;
    found->whole = w.log2_size >= 12;
    if (found->whole) {
        mmu->touched |= 1u << context;
        if (w.log2_size > 12)
            note_large(mmu, context, va, w.log2_size);
    }
    return MMU_OK;
}

int mmu_find(struct mmu *mmu, uint64_t va, uint32_t bytes, uint32_t kind, uint32_t context,
             struct mmu_found *found)
{
    struct mmu_walk *known = &mmu->tlbs[context].walks[va / MMU_PAGE % MMU_WALKS];
    int result;

    if (known->va == (PAGE_OF(va) | 1) && (known->prot & needed[kind]) == needed[kind]) {
        *found = (struct mmu_found){known->pa | (va & (MMU_PAGE - 1)), known->prot, 1};
        return MMU_OK;
    }
    result = walk(mmu, va, bytes, kind, context, found);
    if (result == MMU_OK && found->whole)
        *known = (struct mmu_walk){PAGE_OF(va) | 1, PAGE_OF(found->pa), found->prot};
    return result;
}

void mmu_fill(struct mmu *mmu, uint64_t va, uint32_t context, int write,
              const struct mmu_page *page)
{
    struct mmu_tlb *tlb = &mmu->tlbs[context];
    struct mmu_entry *entry = &(write ? tlb->write : tlb->read)[mmu_slot(va) >> 4];

    entry->tag = PAGE_OF(va);
    entry->addend = (uintptr_t)page->host - PAGE_OF(va);
    mmu->touched |= 1u << context;
    mmu->stats.misses++;
}

/* --- code addresses -------------------------------------------------------------------------- */

static void note_fetched(struct mmu *mmu, uint64_t va)
{
    uint64_t page = va / MMU_PAGE;
    mmu->fetched[page / 64 % 64] |= 1ull << page % 64;
}

static int was_fetched(const struct mmu *mmu, uint64_t va)
{
    uint64_t page = va / MMU_PAGE;
    return mmu->fetched[page / 64 % 64] >> page % 64 & 1;
}

static void new_generation(struct mmu *mmu)
{
    mmu->generation++;
    memset(mmu->fetched, 0, sizeof mmu->fetched);
    mmu->changed(mmu);
}

int mmu_fetch(struct mmu *mmu, uint64_t va, uint32_t context, uint64_t *pa, int *whole)
{
    struct mmu_fetch *fetch = &mmu->fetches[va / MMU_PAGE % MMU_FETCHES];
    struct mmu_found found = {fetch->pa | (va & (MMU_PAGE - 1)), 0, 1};

    if (fetch->va != PAGE_OF(va) || fetch->generation != mmu->generation ||
        fetch->context != context) {
        if (walk(mmu, va, 2, BP_MEM_FETCH, context, &found))
            return MMU_FAULT;
        note_fetched(mmu, va);
        if (found.whole)
            *fetch = (struct mmu_fetch){PAGE_OF(va), PAGE_OF(found.pa), mmu->generation, context};
    }
    *pa = found.pa;
    if (whole)
        *whole = (int)found.whole;
    return MMU_OK;
}

/* --- forgetting ------------------------------------------------------------------------------ */

void mmu_flush(struct mmu *mmu, uint32_t contexts)
{
    uint32_t which = contexts & mmu->touched;

    mmu->stats.flushes++;
    for (uint32_t i = 0; i < mmu->ncontexts; i++) {
        if (which >> i & 1)
            clear(&mmu->tlbs[i]);
    }
    mmu->touched &= ~which;
    mmu->has_large &= ~which;
    if (which)
        new_generation(mmu);
}

void mmu_flush_page(struct mmu *mmu, uint64_t va)
{
    mmu->stats.page_flushes++;
    for (uint32_t i = 0; i < mmu->ncontexts; i++) {
        struct mmu_tlb *tlb = &mmu->tlbs[i];
        struct mmu_walk *known = &tlb->walks[va / MMU_PAGE % MMU_WALKS];
        if (!(mmu->touched >> i & 1))
            continue;
        if ((mmu->has_large >> i & 1) && (va & mmu->large[i].mask) == mmu->large[i].base) {
            mmu_flush(mmu, 1u << i);
            continue;
        }
        clear_entry(tlb->read, va);
        clear_entry(tlb->write, va);
        if (known->va == (PAGE_OF(va) | 1))
            known->va = 0;
    }
    if (was_fetched(mmu, va))
        new_generation(mmu);
}

void mmu_flush_map(struct mmu *mmu)
{
    memset(mmu->pages, 0, sizeof mmu->pages);
    mmu_flush(mmu, ~0u);
    new_generation(mmu);
}

void mmu_drop_writes(struct mmu *mmu, uint64_t pa)
{
    const struct mmu_page *page = mmu_page(mmu, pa);

    mmu->stats.shootdowns++;
    for (uint32_t c = 0; c < mmu->ncontexts; c++) {
        if (!(mmu->touched >> c & 1))
            continue;
        for (uint32_t i = 0; i < MMU_ENTRIES; i++) {
            struct mmu_entry *entry = &mmu->tlbs[c].write[i];
            if (entry->tag + entry->addend == (uintptr_t)page->host)
                entry->tag = i ? 0 : ~0ull;
        }
    }
}

void mmu_post_granules(struct mmu_machine *machine, const struct mmu *self, uint64_t pa,
                       uint64_t bytes)
{
    uint64_t mask = (1u << CODEMAP_GRANULE_BITS) - 1, from = pa & ~mask,
             to = (pa + bytes + mask) & ~mask;

    world_post_all(&machine->world, self ? &self->world : NULL, WORLD_INVALIDATE, from, to - from);
}

static void apply(void *ctx, const struct world_mail *mail)
{
    struct mmu *mmu = ctx;

    switch (mail->kind) {
    case WORLD_DROP_WRITES:
        mmu_drop_writes(mmu, mail->pa);
        break;
    case WORLD_INVALIDATE:
        mmu->forget_code(mmu, mail->pa, mail->bytes);
        break;
    case WORLD_FLUSH_MAP:
        mmu_flush_map(mmu);
        break;
    case WORLD_FLUSH_CODE:
        mmu->forget_code(mmu, 0, ~0ull);
        break;
    }
}

void mmu_drain(struct mmu *mmu)
{
    if (atomic_load(&mmu->world.poll) & WORLD_POLL_MAIL)
        world_drain(&mmu->machine->world, &mmu->world, apply, mmu);
}

void mmu_pause(struct mmu *mmu)
{
    world_leave(&mmu->machine->world, &mmu->world);
}

void mmu_resume(struct mmu *mmu)
{
    world_enter(&mmu->world);
    mmu_drain(mmu);
}

void mmu_ram_written(struct mmu_machine *machine, uint64_t pa, uint64_t bytes)
{
    for (uint64_t end = pa + bytes, next; pa < end; pa = next) {
        codemap_word *word = codemap_find(&machine->map, pa);
        uint64_t n, old;
        next = PAGE_OF(pa) + MMU_PAGE;
        if (next > end || next < pa)
            next = end;
        n = next - pa;
        if (!word)
            continue;
        if (codemap_clear(word, pa, n))
            mmu_post_granules(machine, NULL, pa, n);
        old = atomic_load(word);
        if (old & CODEMAP_RESERVED)
            reserve_break_range(&machine->reserve, pa, n);
    }
}

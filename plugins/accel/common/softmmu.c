/* SPDX-License-Identifier: Apache-2.0
 *
 * softmmu.c - the tables: walks and fills, and mail of other vCPUs. The accesses that use them are
 * in access.c; how they are emptied, in spaces.c.
 */
#include "softmmu.h"

#include <string.h>

#define PAGE_OF(a) ((a) & ~(MMU_PAGE - 1))

void mmu_init(struct mmu *mmu)
{
    mmu->ncontexts = mmu->cls->ncontexts < MMU_CONTEXTS ? mmu->cls->ncontexts : MMU_CONTEXTS;
    mmu->next_generation = 1;
    for (uint32_t i = 0; i < mmu->ncontexts; i++) {
        mmu->tlbs[i].read[0].tag = mmu->tlbs[i].write[0].tag = ~0ull;
        mmu->stamps[i] = ++mmu->next_stamp;
        mmu->globals[i] = ++mmu->next_stamp;
        mmu->generations[i] = mmu->commons[i] = 1;
    }
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
    page->first = (phys.base + MMU_PAGE - 1) & ~(MMU_PAGE - 1);
    page->last = PAGE_OF(phys.base + phys.bytes) - MMU_PAGE;
    page->word = codemap_cover(&machine->map, pa, phys.base, phys.bytes);
}

const struct mmu_page *mmu_page(struct mmu *mmu, uint64_t pa)
{
    struct mmu_page *page = &mmu->far->pages[pa / MMU_PAGE % MMU_PAGES];

    if (page->pa != (PAGE_OF(pa) | 1))
        resolve(mmu, pa, page);
    return page;
}

/* --- virtual addresses ----------------------------------------------------------------------- */

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
            mmu_note_large(mmu, kind == BP_MEM_FETCH ? MMU_CODE : MMU_DATA, context, va,
                           w.log2_size);
        if (w.flat && kind != BP_MEM_FETCH)
            mmu_open_windows(mmu, context, &w);
    }
    return MMU_OK;
}

static int counts(const struct mmu *mmu, const struct mmu_walk *known, uint64_t va,
                  uint32_t context)
{
    return known->va == (PAGE_OF(va) | 1) &&
           (known->stamp == mmu->stamps[context] || known->stamp == mmu->globals[context]);
}

/* In place of what was known of the page, or of another one. */
static void remember(struct mmu *mmu, struct mmu_walk *set, uint64_t va, uint32_t context,
                     const struct mmu_found *found)
{
    struct mmu_walk *known = &set[mmu->next_way++ % MMU_WAYS];

    for (uint32_t i = 0; i < MMU_WAYS; i++) {
        if (counts(mmu, &set[i], va, context)) {
            known = &set[i];
            break;
        }
        if (!set[i].va)
            known = &set[i];
    }
    known->va = PAGE_OF(va) | 1;
    known->pa = PAGE_OF(found->pa) | (found->prot & (MMU_PAGE - 1));
    known->stamp = found->prot & BP_PROT_GLOBAL ? mmu->globals[context] : mmu->stamps[context];
}

int mmu_find(struct mmu *mmu, uint64_t va, uint32_t bytes, uint32_t kind, uint32_t context,
             struct mmu_found *found)
{
    struct mmu_walk *set = mmu->far->walks[context][va / MMU_PAGE % MMU_SETS];
    int result;

    for (uint32_t i = 0; i < MMU_WAYS; i++) {
        uint32_t prot = (uint32_t)set[i].pa & (MMU_PAGE - 1);
        if (counts(mmu, &set[i], va, context) && (prot & needed[kind]) == needed[kind]) {
            *found = (struct mmu_found){PAGE_OF(set[i].pa) | (va & (MMU_PAGE - 1)), prot, 1};
            return MMU_OK;
        }
    }
    result = walk(mmu, va, bytes, kind, context, found);
    if (result == MMU_OK && found->whole)
        remember(mmu, set, va, context, found);
    return result;
}

void mmu_fill(struct mmu *mmu, uint64_t va, uint32_t context, int write,
              const struct mmu_found *found, const struct mmu_page *page)
{
    struct mmu_tlb *tlb = &mmu->tlbs[context];
    struct mmu_locals *locals = &mmu->far->locals[context];
    uint64_t slot = mmu_slot(va) >> 4;
    struct mmu_entry *entry = &(write ? tlb->write : tlb->read)[slot];

    entry->tag = PAGE_OF(va);
    entry->addend = (uintptr_t)page->host - PAGE_OF(va);
    if (!(found->prot & BP_PROT_GLOBAL)) {
        if (locals->n < MMU_LOCALS)
            locals->slots[locals->n++] = (uint16_t)(write ? slot | MMU_ENTRIES : slot);
        else
            locals->n = MMU_LOCALS + 1;
    }
    mmu->touched |= 1u << context;
    mmu->filled |= 1u << context;
    mmu->stats.misses++;
}

/* --- code addresses -------------------------------------------------------------------------- */

int mmu_fetch(struct mmu *mmu, uint64_t va, uint32_t context, uint64_t *pa, int *whole)
{
    uint64_t generation = mmu->generations[context];
    struct mmu_fetch *fetch =
        &mmu->far->fetches[(va / MMU_PAGE + generation * MMU_FETCH_STEP) % MMU_FETCHES];
    struct mmu_found found = {fetch->pa | (va & (MMU_PAGE - 1)), 0, 1};

    if (fetch->va != PAGE_OF(va) || fetch->generation != generation || fetch->context != context) {
        if (walk(mmu, va, 2, BP_MEM_FETCH, context, &found))
            return MMU_FAULT;
        mmu_note_fetch(mmu, context, va, found.prot);
        if (found.whole)
            *fetch = (struct mmu_fetch){PAGE_OF(va), PAGE_OF(found.pa), generation, context};
    }
    *pa = found.pa;
    if (whole)
        *whole = (int)found.whole;
    return MMU_OK;
}

/* --- mail ------------------------------------------------------------------------------------ */

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

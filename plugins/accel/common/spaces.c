/* SPDX-License-Identifier: Apache-2.0
 *
 * spaces.c - forgetting translations: what flushes leave in the tables of softmmu.h, and what
 * address spaces find again when they are entered.
 *
 * The first level holds nothing that the second could not give for the present space. Code is
 * entered by its generation. Spaces without code of their own share one, since all theirs is global:
 * kernels have it in every space.
 */
#include "softmmu.h"

#include <string.h>

#define PAGE_OF(a) ((a) & ~(MMU_PAGE - 1))

/* --- the first level ------------------------------------------------------------------------- */

static void free_entry(struct mmu_entry *table, uint64_t slot)
{
    table[slot].tag = slot ? 0 : ~0ull;
}

static void clear_entry(struct mmu_entry *table, uint64_t va)
{
    uint64_t slot = mmu_slot(va) >> 4;

    if ((va ^ table[slot].tag) < MMU_PAGE)
        free_entry(table, slot);
}

static void clear_tables(struct mmu *mmu, uint32_t context)
{
    struct mmu_tlb *tlb = &mmu->tlbs[context];

    memset(tlb, 0, sizeof *tlb);
    free_entry(tlb->read, 0);
    free_entry(tlb->write, 0);
    mmu->far->locals[context].n = 0;
    mmu->filled &= ~(1u << context);
}

/* What is not global, and perhaps some of what is. */
static void clear_locals(struct mmu *mmu, uint32_t context)
{
    struct mmu_locals *locals = &mmu->far->locals[context];
    struct mmu_tlb *tlb = &mmu->tlbs[context];

    if (locals->n > MMU_LOCALS) {
        clear_tables(mmu, context);
        return;
    }
    for (uint32_t i = 0; i < locals->n; i++)
        free_entry(locals->slots[i] & MMU_ENTRIES ? tlb->write : tlb->read,
                   locals->slots[i] & (MMU_ENTRIES - 1));
    locals->n = 0;
}

/* --- filters --------------------------------------------------------------------------------- */

static uint64_t *filter_word(uint64_t *filter, uint64_t page, uint64_t *bit)
{
    uint64_t hash = page ^ page >> 15;

    *bit = 1ull << hash % 64;
    return &filter[hash / 64 % MMU_FILTER];
}

static void filter_add(uint64_t *filter, uint64_t page)
{
    uint64_t bit, *word = filter_word(filter, page, &bit);

    *word |= bit;
}

static int filter_has(uint64_t *filter, uint64_t page)
{
    uint64_t bit, *word = filter_word(filter, page, &bit);

    return (*word & bit) != 0;
}

void mmu_note_large(struct mmu *mmu, enum mmu_kind kind, uint32_t context, uint64_t va,
                    uint32_t log2_size)
{
    struct mmu_large *large = mmu->far->larges[context][kind];

    mmu->large[kind] |= 1u << context;
    for (uint32_t i = 0; i < MMU_LARGES && log2_size < 64; i++) {
        if (large[i].log2_size && large[i].log2_size != log2_size)
            continue;
        large[i].log2_size = log2_size;
        filter_add(large[i].bits, va >> log2_size);
        return;
    }
    mmu->huge[kind] |= 1u << context;
}

static int is_large(struct mmu *mmu, enum mmu_kind kind, uint32_t context, uint64_t va)
{
    struct mmu_large *large = mmu->far->larges[context][kind];

    if (!(mmu->large[kind] >> context & 1))
        return 0;
    for (uint32_t i = 0; i < MMU_LARGES && large[i].log2_size; i++) {
        if (filter_has(large[i].bits, va >> large[i].log2_size))
            return 1;
    }
    return mmu->huge[kind] >> context & 1;
}

static void clear_larges(struct mmu *mmu, enum mmu_kind kind, uint32_t context)
{
    if (mmu->large[kind] >> context & 1)
        memset(mmu->far->larges[context][kind], 0, sizeof mmu->far->larges[context][kind]);
    mmu->large[kind] &= ~(1u << context);
    mmu->huge[kind] &= ~(1u << context);
}

/* Code at va, or on the same large page, was looked at. */
static int was_fetched(struct mmu *mmu, uint32_t context, uint64_t va)
{
    return filter_has(mmu->far->fetched[context], va / MMU_PAGE) ||
           is_large(mmu, MMU_CODE, context, va);
}

/* --- generations ----------------------------------------------------------------------------- */

/* The first code that is not global makes the common generation this space's own. */
void mmu_note_fetch(struct mmu *mmu, uint32_t context, uint64_t va, uint32_t prot)
{
    filter_add(mmu->far->fetched[context], va / MMU_PAGE);
    mmu->fetched |= 1u << context;
    if (prot & BP_PROT_GLOBAL || mmu->local >> context & 1)
        return;
    mmu->local |= 1u << context;
    mmu->commons[context] = 0;
}

/* What is left is code that is global. */
static void use_common(struct mmu *mmu, uint32_t context)
{
    if (!mmu->commons[context])
        mmu->commons[context] = ++mmu->next_generation;
    mmu->generations[context] = mmu->commons[context];
    mmu->local &= ~(1u << context);
    mmu->changed(mmu);
}

/* Code of all spaces. */
static void forget_fetches(struct mmu *mmu, uint32_t context)
{
    for (uint32_t i = 0; i < MMU_SPACES; i++)
        mmu->far->spaces[i].generations[context] = 0;
    if (mmu->fetched >> context & 1)
        memset(mmu->far->fetched[context], 0, sizeof mmu->far->fetched[context]);
    mmu->fetched &= ~(1u << context);
    clear_larges(mmu, MMU_CODE, context);
    mmu->commons[context] = 0;
    use_common(mmu, context);
}

void mmu_restart_generations(struct mmu *mmu)
{
    memset(mmu->far->fetches, 0, sizeof mmu->far->fetches);
    mmu->next_generation = 0;
    for (uint32_t i = 0; i < mmu->ncontexts; i++)
        forget_fetches(mmu, i);
}

/* --- forgetting in all spaces ---------------------------------------------------------------- */

static void forget_data(struct mmu *mmu, uint32_t context)
{
    mmu_close_windows(mmu, 1u << context);
    if (mmu->filled >> context & 1)
        clear_tables(mmu, context);
    for (uint32_t i = 0; i < MMU_SPACES; i++)
        mmu->far->spaces[i].stamps[context] = 0;
    mmu->stamps[context] = ++mmu->next_stamp;
    mmu->globals[context] = ++mmu->next_stamp;
    clear_larges(mmu, MMU_DATA, context);
}

void mmu_flush(struct mmu *mmu, uint32_t contexts)
{
    mmu->stats.flushes++;
    for (uint32_t i = 0; i < mmu->ncontexts; i++) {
        if (!(mmu->touched & contexts & 1u << i))
            continue;
        forget_data(mmu, i);
        forget_fetches(mmu, i);
    }
    mmu->touched &= ~contexts;
}

static void forget_page(struct mmu *mmu, uint32_t context, uint64_t va)
{
    struct mmu_walk *set = mmu->far->walks[context][va / MMU_PAGE % MMU_SETS];

    if (was_fetched(mmu, context, va))
        forget_fetches(mmu, context);
    if (is_large(mmu, MMU_DATA, context, va)) {
        forget_data(mmu, context);
        return;
    }
    clear_entry(mmu->tlbs[context].read, va);
    clear_entry(mmu->tlbs[context].write, va);
    for (uint32_t i = 0; i < MMU_WAYS; i++) {
        if (set[i].va == (PAGE_OF(va) | 1))
            set[i].va = 0;
    }
}

void mmu_flush_page(struct mmu *mmu, uint64_t va)
{
    mmu->stats.page_flushes++;
    for (uint32_t i = 0; i < mmu->ncontexts; i++) {
        if (mmu->touched >> i & 1)
            forget_page(mmu, i, va);
    }
}

void mmu_flush_map(struct mmu *mmu)
{
    memset(mmu->far->pages, 0, sizeof mmu->far->pages);
    mmu_flush(mmu, ~0u);
    for (uint32_t i = 0; i < mmu->ncontexts; i++)
        forget_fetches(mmu, i);
}

void mmu_drop_writes(struct mmu *mmu, uint64_t pa)
{
    const struct mmu_page *page = mmu_page(mmu, pa);

    mmu->stats.shootdowns++;
    mmu_split_windows(mmu, pa);
    for (uint32_t c = 0; c < mmu->ncontexts; c++) {
        if (!(mmu->filled >> c & 1))
            continue;
        for (uint32_t i = 0; i < MMU_ENTRIES; i++) {
            struct mmu_entry *entry = &mmu->tlbs[c].write[i];
            if (entry->tag + entry->addend == (uintptr_t)page->host)
                free_entry(mmu->tlbs[c].write, i);
        }
    }
}

/* --- spaces ---------------------------------------------------------------------------------- */

static struct mmu_space *find_space(struct mmu *mmu, uint64_t id)
{
    for (uint32_t i = 0; i < MMU_SPACES; i++) {
        if (mmu->far->spaces[i].entered && mmu->far->spaces[i].id == id)
            return &mmu->far->spaces[i];
    }
    return NULL;
}

/* In place of the one that was left longest ago. */
static struct mmu_space *make_space(struct mmu *mmu, uint64_t id)
{
    struct mmu_space *oldest = &mmu->far->spaces[0];

    for (uint32_t i = 1; i < MMU_SPACES; i++) {
        if (mmu->far->spaces[i].entered < oldest->entered)
            oldest = &mmu->far->spaces[i];
    }
    *oldest = (struct mmu_space){.id = id};
    return oldest;
}

static void leave_space(struct mmu *mmu, struct mmu_space *space)
{
    for (uint32_t i = 0; i < mmu->ncontexts; i++) {
        space->stamps[i] = mmu->stamps[i];
        space->generations[i] = mmu->local >> i & 1 ? mmu->generations[i] : 0;
    }
}

void mmu_enter_space(struct mmu *mmu, uint32_t contexts, uint64_t id)
{
    struct mmu_space *to = find_space(mmu, id);

    contexts &= (1u << mmu->ncontexts) - 1;
    mmu_close_windows(mmu, contexts);
    if (mmu->spaced != contexts) { /* the first one */
        memset(mmu->far->spaces, 0, sizeof mmu->far->spaces);
        mmu->space = to = NULL;
        mmu->spaced = contexts;
    }
    if (to && to == mmu->space)
        return;
    if (mmu->space)
        leave_space(mmu, mmu->space);
    if (!to)
        to = make_space(mmu, id);
    to->entered = ++mmu->entries;
    mmu->space = to;
    for (uint32_t i = 0; i < mmu->ncontexts; i++) {
        if (!(contexts >> i & 1))
            continue;
        mmu->stamps[i] = to->stamps[i] ? to->stamps[i] : ++mmu->next_stamp;
        if (mmu->filled >> i & 1)
            clear_locals(mmu, i);
        use_common(mmu, i);
        if (to->generations[i]) {
            mmu->generations[i] = to->generations[i];
            mmu->local |= 1u << i;
        }
    }
}

/* One address in the second level, as far as it has that stamp. */
static void forget_stamped(struct mmu *mmu, uint32_t context, uint64_t va, uint64_t stamp)
{
    struct mmu_walk *set = mmu->far->walks[context][va / MMU_PAGE % MMU_SETS];

    for (uint32_t i = 0; i < MMU_WAYS; i++) {
        if (set[i].va == (PAGE_OF(va) | 1) && set[i].stamp == stamp)
            set[i].va = 0;
    }
}

static void forget_absent(struct mmu *mmu, struct mmu_space *space, uint32_t context,
                          const uint64_t *va)
{
    if (!va || was_fetched(mmu, context, *va))
        space->generations[context] = 0;
    if (!va || is_large(mmu, MMU_DATA, context, *va))
        space->stamps[context] = 0;
    else
        forget_stamped(mmu, context, *va, space->stamps[context]);
}

static void forget_present(struct mmu *mmu, uint32_t context, const uint64_t *va)
{
    if (mmu->local >> context & 1 && (!va || was_fetched(mmu, context, *va)))
        use_common(mmu, context);
    if (!va || is_large(mmu, MMU_DATA, context, *va)) {
        mmu_close_windows(mmu, 1u << context);
        mmu->stamps[context] = ++mmu->next_stamp;
        if (mmu->filled >> context & 1)
            clear_locals(mmu, context);
        return;
    }
    clear_entry(mmu->tlbs[context].read, *va);
    clear_entry(mmu->tlbs[context].write, *va);
    forget_stamped(mmu, context, *va, mmu->stamps[context]);
}

void mmu_flush_space(struct mmu *mmu, uint32_t contexts, uint64_t id, const uint64_t *va)
{
    struct mmu_space *space = find_space(mmu, id);
    int present = !mmu->space || space == mmu->space; /* what has no name may be any */

    if (va)
        mmu->stats.page_flushes++;
    else
        mmu->stats.flushes++;
    for (uint32_t i = 0; i < mmu->ncontexts; i++) {
        if (!(mmu->touched & contexts & 1u << i))
            continue;
        if (present)
            forget_present(mmu, i, va);
        else if (space)
            forget_absent(mmu, space, i, va);
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * windows.c - memory that a context reaches without a table: its addresses are physical, as far as the CPU
 * class says (bp_walk.flat), and lie in RAM that is one piece at the host.
 *
 * One piece of RAM has all windows: the largest that was walked for. A window for reading is that piece. One
 * for writing leaves out what codemap_writer() refuses, as the write table does: it is a run of pages around
 * the address that was walked for. When one of them is taken out of write tables, the window keeps what lies
 * on the longer side. Windows open at walks, so one that has shrunk stays as it is until something outside of
 * it is walked for.
 */
#include "softmmu.h"

#define PAGE_OF(a) ((a) & ~(MMU_PAGE - 1))
#define MOST                                                                                       \
    (64ull << 20) /* bytes to either side: every page of a window is looked at when it opens */

static void set(struct mmu_window *window, const struct mmu_page *page, uint64_t base, uint64_t end)
{
    window->base = base;
    window->bytes = end - base - (MMU_WIDEST - 1);
    window->host = (uintptr_t)page->host - (PAGE_OF(page->pa) - base);
}

static uint64_t end_of(const struct mmu_window *window)
{
    return window->base + window->bytes + (MMU_WIDEST - 1);
}

/* The last page before `limit`, seen from pa, up to which pages may be written without further ado; `step` is that of
 * the way there. */
static uint64_t run(struct mmu *mmu, uint64_t pa, uint64_t limit, uint64_t step)
{
    for (; pa != limit; pa += step) {
        codemap_word *word = codemap_find(&mmu->machine->map, pa + step);
        if (!word || !codemap_writer(word))
            break;
    }
    return pa;
}

/* The piece of RAM that the page is in has the windows, or gets them: it is larger, or there are none. */
static int claim(struct mmu *mmu, const struct mmu_page *page)
{
    uint64_t distance = (uintptr_t)page->host - PAGE_OF(page->pa);
    uint64_t bytes = page->last - page->first + MMU_PAGE;
    int open = 0;

    if (distance == mmu->distance)
        return 1;
    for (uint32_t i = 0; i < mmu->ncontexts; i++)
        open |= mmu->windows[i][0].bytes || mmu->windows[i][1].bytes;
    if (open && bytes <= mmu->piece_bytes)
        return 0;
    mmu_close_windows(mmu, ~0u);
    mmu->distance = distance;
    mmu->piece_bytes = bytes;
    return 1;
}

void mmu_open_windows(struct mmu *mmu, uint32_t context, const struct bp_walk *walk)
{
    const struct mmu_page page = *mmu_page(mmu, walk->pa);
    struct mmu_window *windows = mmu->windows[context];
    uint64_t pa = PAGE_OF(walk->pa), span, first, last; /* pages */

    if (walk->flat < 12 || !page.host || !page.word || !(page.flags & BP_PHYS_WRITABLE) ||
        !claim(mmu, &page))
        return;
    span = walk->flat < 64 ? (1ull << walk->flat) - 1 : ~0ull;
    first = pa & ~span;
    last = PAGE_OF(pa | span);
    first = first > page.first ? first : page.first;
    last = last < page.last ? last : page.last;
    first = pa - first > MOST ? pa - MOST : first;
    last = last - pa > MOST ? pa + MOST : last;
    if (walk->prot & BP_PROT_READ)
        set(&windows[0], &page, first, last + MMU_PAGE);
    if ((walk->prot & (BP_PROT_READ | BP_PROT_WRITE)) != (BP_PROT_READ | BP_PROT_WRITE) ||
        !codemap_writer(page.word))
        return;
    first = run(mmu, pa, first, -MMU_PAGE);
    last = run(mmu, pa, last, MMU_PAGE);
    if (last - first + MMU_PAGE > windows[1].bytes)
        set(&windows[1], &page, first, last + MMU_PAGE);
}

void mmu_close_windows(struct mmu *mmu, uint32_t contexts)
{
    for (uint32_t i = 0; i < mmu->ncontexts; i++) {
        if (contexts >> i & 1)
            mmu->windows[i][0].bytes = mmu->windows[i][1].bytes = 0;
    }
}

void mmu_split_windows(struct mmu *mmu, uint64_t pa)
{
    for (uint32_t i = 0; i < mmu->ncontexts; i++) {
        struct mmu_window *window = &mmu->windows[i][1];
        uint64_t below = PAGE_OF(pa) - window->base, above;
        if (!window->bytes || PAGE_OF(pa) < window->base || PAGE_OF(pa) >= end_of(window))
            continue;
        above = end_of(window) - PAGE_OF(pa) - MMU_PAGE;
        if (above > below) {
            window->host += below + MMU_PAGE;
            window->base += below + MMU_PAGE;
        }
        window->bytes = above > below ? above : below;
        window->bytes -= window->bytes ? MMU_WIDEST - 1 : 0;
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * mmu.c - address translation: Bare, Sv32, Sv39, Sv48 and Sv57, A and D bits, and PMP behind them.
 * Privileged Architecture 10.3 to 10.6; Svade and Svadu.
 */
#include "hart.h"

/* One translation scheme. */
struct scheme {
    uint32_t satp_mode, levels, index_bits, pte_bytes, va_bits;
};

/* Rows 1 and up: the values of the property `mmu`, in both types of hart. */
static const struct scheme schemes32[] = {{0, 0, 0, 0, 0}, {1, 2, 10, 4, 32}};
static const struct scheme schemes64[] = {
    {0, 0, 0, 0, 0}, {8, 3, 9, 8, 39}, {9, 4, 9, 8, 48}, {10, 5, 9, 8, 57}};

/* What a memory context means. */
struct view {
    uint32_t priv;
    bool sum, mxr;
};

static const struct view views[CONTEXTS] = {
    [CONTEXT_M] = {PRIV_M, false, false},
    [CONTEXT_S] = {PRIV_S, false, false},
    [CONTEXT_S_SUM] = {PRIV_S, true, false},
    [CONTEXT_U] = {PRIV_U, false, false},
    [CONTEXT_S + CONTEXT_MXR] = {PRIV_S, false, true},
    [CONTEXT_S_SUM + CONTEXT_MXR] = {PRIV_S, true, true},
    [CONTEXT_U + CONTEXT_MXR] = {PRIV_U, false, true},
};

/* Permission bits an access of each kind needs. */
static const uint8_t wanted[] = {
    [BP_MEM_READ] = BP_PROT_READ,
    [BP_MEM_WRITE] = BP_PROT_WRITE,
    [BP_MEM_FETCH] = BP_PROT_FETCH,
    [BP_MEM_AMO] = BP_PROT_READ | BP_PROT_WRITE,
};

uint32_t riscv_walk_cause(uint32_t kind, bool page)
{
    switch (kind) {
    case BP_MEM_FETCH:
        return page ? CAUSE_FETCH_PAGE : CAUSE_FETCH_ACCESS;
    case BP_MEM_READ:
        return page ? CAUSE_LOAD_PAGE : CAUSE_LOAD_ACCESS;
    default:
        return page ? CAUSE_STORE_PAGE : CAUSE_STORE_ACCESS;
    }
}

/* The scheme satp selects; NULL: Bare, or a mode this hart does not have. */
static const struct scheme *find_scheme(const struct hart *h, uint64_t satp)
{
    uint32_t mode = h->xlen == 32 ? (satp & SATP32_MODE) != 0 : (uint32_t)(satp >> SATP64_SHIFT);

    for (uint32_t i = 1; i <= h->mmu; i++) {
        const struct scheme *s = h->xlen == 32 ? &schemes32[i] : &schemes64[i];

        if (s->satp_mode == mode)
            return s;
    }
    return NULL;
}

bool riscv_satp_mode_ok(const struct hart *h, uint64_t satp)
{
    bool bare = h->xlen == 32 ? !(satp & SATP32_MODE) : !(satp >> SATP64_SHIFT);

    return bare || find_scheme(h, satp);
}

/* --- address spaces ------------------------------------------------------- */

/* The space of satp, for accelerators that keep several: mode and ASID. */
static uint64_t space_of(const struct hart *h, uint64_t satp)
{
    return satp & ~(h->xlen == 32 ? SATP32_PPN : SATP64_PPN);
}

static bool has_spaces(const struct hart *h)
{
    return BP_HAS(h->api, flush_space) && h->api->enter_space && h->api->flush_space;
}

/* Software has to fence before another table is used with an ASID (10.2.1); that it is not needed
 * here, where the ASID is the one at hand, helps who forgot. Between modes nothing is kept: what is
 * global in one is nothing in another (10.3.1). */
void riscv_set_satp(struct hart *h, uint64_t satp)
{
    const struct scheme *before = find_scheme(h, h->satp), *now = find_scheme(h, satp);
    bool same = space_of(h, satp) == space_of(h, h->satp);

    h->satp = satp;
    if (!has_spaces(h) || now != before)
        h->api->flush_tlb(h->vcpu, CONTEXTS_VIRTUAL);
    if (!has_spaces(h) || !now)
        return;
    if (now == before && same)
        h->api->flush_space(h->vcpu, CONTEXTS_VIRTUAL, space_of(h, satp), NULL);
    else
        h->api->enter_space(h->vcpu, CONTEXTS_VIRTUAL, space_of(h, satp));
}

void riscv_forget(struct hart *h, const uint64_t *address, const uint64_t *asid)
{
    uint64_t va = address ? hart_trim(h, *address) : 0;

    if (asid && has_spaces(h) && find_scheme(h, h->satp)) {
        uint64_t mode = h->xlen == 32 ? h->satp & SATP32_MODE : h->satp & SATP64_MODE;
        uint64_t space = h->xlen == 32 ? *asid << SATP32_ASID_SHIFT & SATP32_ASID
                                       : *asid << SATP64_ASID_SHIFT & SATP64_ASID;

        h->api->flush_space(h->vcpu, CONTEXTS_VIRTUAL, mode | space, address ? &va : NULL);
    } else if (address) {
        h->api->flush_page(h->vcpu, va);
    } else {
        h->api->flush_tlb(h->vcpu, CONTEXTS_VIRTUAL);
    }
}

void riscv_forget_all(struct hart *h)
{
    h->api->flush_tlb(h->vcpu, ~0u);
    if (has_spaces(h) && find_scheme(h, h->satp))
        h->api->enter_space(h->vcpu, CONTEXTS_VIRTUAL, space_of(h, h->satp));
}

/* --- the walk ------------------------------------------------------------- */

/* What a leaf allows in this view. 10.3.1, and 3.1.6.3 for SUM and MXR. */
static uint32_t leaf_prot(uint64_t pte, const struct view *view)
{
    uint32_t prot = 0;

    if (pte & PTE_R || (view->mxr && pte & PTE_X))
        prot |= BP_PROT_READ;
    if (pte & PTE_W)
        prot |= BP_PROT_WRITE;
    if (pte & PTE_X)
        prot |= BP_PROT_FETCH;
    if (view->priv == PRIV_U)
        return pte & PTE_U ? prot : 0;
    if (pte & PTE_U)
        return view->sum ? prot & ~BP_PROT_FETCH : 0;
    return prot;
}

/* True when the page tables at `pa` may be used so; implicit accesses are S-mode's (3.7.1). */
static bool table_allowed(const struct hart *h, uint64_t pa, uint32_t bytes, uint32_t prot)
{
    uint32_t log2_size = 12;

    return (riscv_pmp(h, pa, bytes, PRIV_S, &log2_size) & prot) == prot;
}

#define TRY_AGAIN (-1) /* the entry changed while its A and D bits were being set */

static int32_t walk_tables(struct hart *h, const struct scheme *s, uint64_t va, uint32_t kind,
                           const struct view *view, bool debug, struct bp_walk *out)
{
    const uint32_t page_fault = riscv_walk_cause(kind, true);
    const uint32_t access_fault = riscv_walk_cause(kind, false);
    const uint64_t index_mask = (UINT64_C(1) << s->index_bits) - 1;
    uint64_t table = (h->satp & (h->xlen == 32 ? SATP32_PPN : SATP64_PPN)) << 12;
    uint64_t pte, pa, want;
    uint32_t level = s->levels, shift;
    bool global = false;

    do {
        level--;
        shift = 12 + level * s->index_bits;
        pa = table + (va >> shift & index_mask) * s->pte_bytes;
        if (!table_allowed(h, pa, s->pte_bytes, BP_PROT_READ) ||
            h->api->load(h->vcpu, pa, s->pte_bytes, &pte) != BP_OK)
            return (int32_t)access_fault;
        if (s->pte_bytes == 8 && pte & PTE64_RESERVED)
            return (int32_t)page_fault;
        if (!(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W)
            return (int32_t)page_fault;
        global |= (pte & PTE_G) != 0; /* in a pointer: all below it (10.3.1) */
        table = (s->pte_bytes == 8 ? pte & PTE64_PPN : pte) >> PTE_PPN_SHIFT << 12;
        if (pte & (PTE_R | PTE_X))
            break;
        if (level == 0 || pte & (PTE_A | PTE_D | PTE_U)) /* reserved in a pointer */
            return (int32_t)page_fault;
    } while (true);

    if (table & ((UINT64_C(1) << shift) - 1)) /* misaligned superpage */
        return (int32_t)page_fault;
    out->prot = leaf_prot(pte, view);
    if (!debug && (out->prot & wanted[kind]) != wanted[kind])
        return (int32_t)page_fault;
    want = PTE_A | (kind == BP_MEM_WRITE || kind == BP_MEM_AMO ? PTE_D : 0);
    if (!debug && (pte & want) != want) {
        int32_t swapped;

        if (!(h->menvcfg & ENVCFG_ADUE)) /* Svade */
            return (int32_t)page_fault;
        if (!table_allowed(h, pa, s->pte_bytes, BP_PROT_READ | BP_PROT_WRITE))
            return (int32_t)access_fault;
        swapped = h->api->cas(h->vcpu, pa, s->pte_bytes, pte, pte | want);
        if (swapped < 0)
            return (int32_t)access_fault;
        if (!swapped)
            return TRY_AGAIN;
        pte |= want;
    }
    if (!(pte & PTE_D)) /* the first store must come here */
        out->prot &= ~BP_PROT_WRITE;
    if (global)
        out->prot |= BP_PROT_GLOBAL;
    out->pa = table | (va & ((UINT64_C(1) << shift) - 1));
    out->log2_size = shift;
    return 0;
}

int32_t riscv_walk(void *state, uint64_t va, uint32_t kind, uint32_t context, uint32_t debug,
                   struct bp_walk *out)
{
    struct hart *h = state;
    const struct view *view = &views[context];
    const struct scheme *s = view->priv == PRIV_M ? NULL : find_scheme(h, h->satp);
    int32_t cause;

    va = hart_trim(h, va);
    if (s) {
        /* Bits above the scheme's must equal its highest (10.4.1). */
        int64_t canonical = (int64_t)(va << (64 - s->va_bits)) >> (64 - s->va_bits);

        if (s->pte_bytes == 8 && (uint64_t)canonical != va)
            return (int32_t)riscv_walk_cause(kind, true);
        do
            cause = walk_tables(h, s, va, kind, view, debug, out);
        while (cause == TRY_AGAIN);
        if (cause)
            return cause;
    } else {
        out->pa = va;
        out->log2_size = 12;
        out->prot = BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH;
        out->flat = riscv_pmp_flat(h) ? 64 : 0;
    }
    out->prot &= riscv_pmp(h, out->pa, out->bytes, view->priv, &out->log2_size) | BP_PROT_GLOBAL |
                 (debug ? ~0u : 0);
    if (!debug && (out->prot & wanted[kind]) != wanted[kind])
        return (int32_t)riscv_walk_cause(kind, false);
    return 0;
}

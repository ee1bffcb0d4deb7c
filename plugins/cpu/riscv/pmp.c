/* SPDX-License-Identifier: Apache-2.0
 *
 * pmp.c - physical memory protection (Privileged Architecture 3.7). Granularity 4 bytes; entries
 * are decoded into ranges when they are written, since every walk reads them.
 */
#include "hart.h"

#include <string.h>

/* All entries, since TOR depends on the neighbour below. */
void riscv_pmp_update(struct hart *h)
{
    h->pmp_used = 0;
    for (uint32_t i = 0; i < h->pmp_regions; i++) {
        struct pmp_range *r = &h->pmp[i];
        uint64_t addr = h->pmpaddr[i], ones;

        r->cfg = h->pmpcfg[i];
        r->first = 1;
        r->last = 0;
        switch (r->cfg & PMP_A) {
        case PMP_A_TOR:
            r->first = i ? h->pmpaddr[i - 1] << 2 : 0;
            r->last = (addr << 2) - 1;
            if (!addr) {
                r->first = 1;
                r->last = 0;
            }
            break;
        case PMP_A_NA4:
            r->first = addr << 2;
            r->last = r->first + 3;
            break;
        case PMP_A_NAPOT:
            ones = addr ^ (addr + 1); /* the trailing ones and the zero above them */
            r->first = (addr & ~ones) << 2;
            r->last = (addr | ones) << 2 | 3;
            break;
        default:
            continue;
        }
        h->pmp_used = i + 1;
    }
    h->api->flush_tlb(h->vcpu, ~0u);
}

void riscv_pmp_reset(struct hart *h)
{
    memset(h->pmpcfg, 0, sizeof(h->pmpcfg)); /* A and L are zero after reset (3.4) */
    memset(h->pmpaddr, 0, sizeof(h->pmpaddr));
    h->pmp_used = 0;
}

uint32_t riscv_pmp(const struct hart *h, uint64_t pa, uint32_t bytes, uint32_t priv,
                   uint32_t *log2_size)
{
    const uint32_t all = BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH;
    const uint64_t end = pa + (bytes ? bytes - 1 : 0);

    for (uint32_t i = 0; i < h->pmp_used; i++) {
        const struct pmp_range *r = &h->pmp[i];
        bool inside = pa >= r->first && pa <= r->last;

        if (r->first > r->last)
            continue;
        /* Shrink the block until this entry has it whole, or nothing of it. */
        for (;; --*log2_size) {
            uint64_t first = pa & ~((UINT64_C(1) << *log2_size) - 1);
            uint64_t last = first + ((UINT64_C(1) << *log2_size) - 1);

            if (inside ? first >= r->first && last <= r->last : last < r->first || first > r->last)
                break;
        }
        if (end < r->first || pa > r->last)
            continue;
        if (pa < r->first || end > r->last) /* some bytes match: the access fails, in every mode */
            return 0;
        if (priv == PRIV_M && !(r->cfg & PMP_L))
            return all;
        return (r->cfg & PMP_R ? BP_PROT_READ : 0) | (r->cfg & PMP_W ? BP_PROT_WRITE : 0) |
               (r->cfg & PMP_X ? BP_PROT_FETCH : 0);
    }
    return priv == PRIV_M || !h->pmp_regions ? all : 0;
}

uint64_t riscv_pmpcfg_read(const struct hart *h, uint32_t index)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < h->xlen / 8; i++)
        value |= (uint64_t)h->pmpcfg[index * 4 + i] << (8 * i);
    return value;
}

void riscv_pmpcfg_write(struct hart *h, uint32_t index, uint64_t value)
{
    for (uint32_t i = 0; i < h->xlen / 8; i++) {
        uint32_t entry = index * 4 + i;
        uint8_t cfg = (uint8_t)(value >> (8 * i)) & (PMP_R | PMP_W | PMP_X | PMP_A | PMP_L);

        if (entry >= h->pmp_regions || h->pmpcfg[entry] & PMP_L)
            continue;
        if ((cfg & (PMP_R | PMP_W)) == PMP_W) /* reserved combination */
            cfg &= (uint8_t)~PMP_W;
        h->pmpcfg[entry] = cfg;
    }
    riscv_pmp_update(h);
}

void riscv_pmpaddr_write(struct hart *h, uint32_t index, uint64_t value)
{
    const uint64_t mask = h->xlen == 32 ? UINT64_C(0xffffffff) : (UINT64_C(1) << 54) - 1;

    if (index >= h->pmp_regions || h->pmpcfg[index] & PMP_L)
        return;
    /* The address below a locked TOR entry is locked with it. */
    if (index + 1 < h->pmp_regions && h->pmpcfg[index + 1] & PMP_L &&
        (h->pmpcfg[index + 1] & PMP_A) == PMP_A_TOR)
        return;
    h->pmpaddr[index] = value & mask;
    riscv_pmp_update(h);
}

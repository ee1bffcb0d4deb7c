/* SPDX-License-Identifier: Apache-2.0
 *
 * pmp.c - physical memory protection (Privileged Architecture 3.7). Granularity 4 bytes; entries
 * are decoded when they are written, since every walk asks: into ranges, and the ranges into zones.
 */
#include "hart.h"

#include <string.h>

#define ALL (BP_PROT_READ | BP_PROT_WRITE | BP_PROT_FETCH)

static void decode(struct hart *h)
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
}

static uint32_t prot_of(const struct pmp_range *r)
{
    return (r->cfg & PMP_R ? BP_PROT_READ : 0) | (r->cfg & PMP_W ? BP_PROT_WRITE : 0) |
           (r->cfg & PMP_X ? BP_PROT_FETCH : 0);
}

/* --- zones ---------------------------------------------------------------- */

/* The rule itself, for all bytes from pa to end: the lowest entry with any of them decides (3.7.1). */
static uint32_t decide(const struct hart *h, uint64_t pa, uint64_t end, bool machine)
{
    for (uint32_t i = 0; i < h->pmp_used; i++) {
        const struct pmp_range *r = &h->pmp[i];

        if (r->first > r->last || end < r->first || pa > r->last)
            continue;
        if (pa < r->first || end > r->last) /* some bytes match: the access fails, in every mode */
            return 0;
        return machine && !(r->cfg & PMP_L) ? ALL : prot_of(r);
    }
    return machine || !h->pmp_regions ? ALL : 0;
}

static void add_zone(struct hart *h, uint64_t first)
{
    uint32_t at = h->pmp_nzones;

    while (at && h->pmp_zones[at - 1].first > first)
        at--;
    if (at && h->pmp_zones[at - 1].first == first)
        return;
    memmove(&h->pmp_zones[at + 1], &h->pmp_zones[at],
            (h->pmp_nzones - at) * sizeof(struct pmp_zone));
    h->pmp_zones[at].first = first;
    h->pmp_nzones++;
}

/* The lowest entry that matches the byte at pa; pmp_used: none. */
static uint32_t match(const struct hart *h, uint64_t pa)
{
    uint32_t i = 0;

    while (i < h->pmp_used && (pa < h->pmp[i].first || pa > h->pmp[i].last))
        i++;
    return i;
}

static void make_zones(struct hart *h)
{
    uint32_t n = 0, before = 0;

    h->pmp_nzones = 0;
    add_zone(h, 0);
    for (uint32_t i = 0; i < h->pmp_used; i++) {
        const struct pmp_range *r = &h->pmp[i];

        if (r->first > r->last)
            continue;
        add_zone(h, r->first);
        if (r->last != UINT64_MAX)
            add_zone(h, r->last + 1);
    }
    for (uint32_t i = 0; i < h->pmp_nzones; i++) {
        struct pmp_zone zone = h->pmp_zones[i];
        uint32_t entry = match(h, zone.first);

        if (i && entry == before) /* the edge of an entry that one before it hides */
            continue;
        before = entry;
        zone.machine = (uint8_t)decide(h, zone.first, zone.first, true);
        zone.others = (uint8_t)decide(h, zone.first, zone.first, false);
        h->pmp_zones[n++] = zone;
    }
    h->pmp_nzones = n;
}

static uint64_t last_of(const struct hart *h, uint32_t zone)
{
    return zone + 1 < h->pmp_nzones ? h->pmp_zones[zone + 1].first - 1 : UINT64_MAX;
}

/* The last zone that begins at or below pa. */
static uint32_t find_zone(const struct hart *h, uint64_t pa)
{
    uint32_t low = 0, high = h->pmp_nzones;

    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;

        if (h->pmp_zones[middle].first <= pa)
            low = middle;
        else
            high = middle;
    }
    return low;
}

bool riscv_pmp_flat(const struct hart *h)
{
    return h->pmp_nzones == 1;
}

uint32_t riscv_pmp(const struct hart *h, uint64_t pa, uint32_t bytes, uint32_t priv,
                   uint32_t *log2_size)
{
    const uint64_t end = pa + (bytes ? bytes - 1 : 0);
    const uint32_t zone = find_zone(h, pa);
    const uint64_t first = h->pmp_zones[zone].first, last = last_of(h, zone);

    for (;; --*log2_size) { /* the largest block around pa that lies in the zone */
        uint64_t mask = *log2_size > 63 ? UINT64_MAX : (UINT64_C(1) << *log2_size) - 1;

        if ((pa & ~mask) >= first && (pa | mask) <= last)
            break;
    }
    if (end > last || end < pa)
        return decide(h, pa, end, priv == PRIV_M);
    return priv == PRIV_M ? h->pmp_zones[zone].machine : h->pmp_zones[zone].others;
}

/* --- CSRs ----------------------------------------------------------------- */

/* All entries, since TOR depends on the neighbour below. */
void riscv_pmp_update(struct hart *h)
{
    decode(h);
    make_zones(h);
    h->api->flush_tlb(h->vcpu, ~0u);
}

void riscv_pmp_reset(struct hart *h)
{
    memset(h->pmpcfg, 0, sizeof(h->pmpcfg)); /* A and L are zero after reset (3.4) */
    memset(h->pmpaddr, 0, sizeof(h->pmpaddr));
    h->pmp_used = 0;
    make_zones(h);
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

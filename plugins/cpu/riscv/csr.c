/* SPDX-License-Identifier: Apache-2.0
 *
 * csr.c - the CSR instructions (Unprivileged, Zicsr): the table of registers, access rules, and the
 * read-modify-write that all six instructions are.
 */
#include "csr.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct csr {
    uint16_t number, count;
    uint8_t xlen, ext;
    uint16_t slot; /* offset in struct hart; 0: read and write do it */
    uint64_t mask;
    const char *name;
    riscv_csr_check_fn *check;
    riscv_csr_read_fn *read;
    riscv_csr_write_fn *write;
};

static const struct csr csrs[] = {
#define CSR(number, count, name, xlen, ext, check, read, write)                                    \
    {number,                                                                                       \
     count,                                                                                        \
     xlen,                                                                                         \
     EXT_##ext,                                                                                    \
     0,                                                                                            \
     0,                                                                                            \
     name,                                                                                         \
     riscv_csr_##check,                                                                            \
     riscv_csr_read_##read,                                                                        \
     riscv_csr_write_##write},
#define CSR_SLOT(number, name, xlen, ext, slot, mask)                                              \
    {number,           1,    xlen, EXT_##ext, offsetof(struct hart, slot), mask, name,             \
     riscv_csr_always, NULL, NULL},
#include "csrs.def"
#undef CSR
#undef CSR_SLOT
};

/* --- the simplest columns ------------------------------------------------- */

bool riscv_csr_always(const struct hart *h, uint32_t number)
{
    return true;
}

uint64_t riscv_csr_read_zero(const struct hart *h, uint32_t number)
{
    return 0;
}

uint32_t riscv_csr_write_ignored(struct hart *h, uint32_t number, uint64_t value)
{
    return CSR_CONTINUE;
}

/* --- access --------------------------------------------------------------- */

static const struct csr *find(uint32_t number)
{
    uint32_t low = 0, high_end = sizeof(csrs) / sizeof(*csrs);

    while (low < high_end) {
        uint32_t middle = (low + high_end) / 2;

        if (number < csrs[middle].number)
            high_end = middle;
        else if (number >= csrs[middle].number + csrs[middle].count)
            low = middle + 1;
        else
            return &csrs[middle];
    }
    return NULL;
}

/* Existence, privilege, and bits 11:10 of the number, which make it read-only (2.1). */
static bool accessible(const struct hart *h, const struct csr *csr, uint32_t number, bool writes)
{
    if (csr->xlen && csr->xlen != h->xlen)
        return false;
    if (csr->ext != EXT_NONE && !hart_has(h, csr->ext))
        return false;
    if (h->priv < (number >> 8 & 3) || (writes && number >> 10 == 3))
        return false;
    return csr->check(h, number);
}

static uint64_t *slot_of(struct hart *h, const struct csr *csr)
{
    return (uint64_t *)((char *)h + csr->slot);
}

static uint64_t read_csr(struct hart *h, const struct csr *csr, uint32_t number)
{
    return csr->slot ? *slot_of(h, csr) : csr->read(h, number);
}

static uint32_t write_csr(struct hart *h, const struct csr *csr, uint32_t number, uint64_t value)
{
    if (!csr->slot)
        return csr->write(h, number, value);
    *slot_of(h, csr) = csr_merge(*slot_of(h, csr), value, csr->mask);
    return CSR_CONTINUE;
}

/* What CSRRS and CSRRC modify. Of SEIP that is software's bit alone, while rd receives both
 * sources (3.1.9). */
static uint64_t modified(struct hart *h, uint32_t number, uint64_t value)
{
    if (number == 0x344 && !(atomic_load_explicit(&h->mip, memory_order_relaxed) & MIP_SEI_SOFT))
        return value & ~IRQ_BIT(IRQ_SEI);
    return value;
}

uint64_t riscv_csr(struct hart *h, uint32_t insn, uint64_t source)
{
    uint32_t number = insn >> 20, rd = insn >> 7 & 31, rs1 = insn >> 15 & 31, kind = insn >> 12 & 3;
    bool writes = kind == 1 || rs1 != 0, reads = kind != 1 || rd != 0;
    const struct csr *csr = find(number);
    uint64_t old = 0;
    uint32_t result = CSR_CONTINUE;

    if (!csr || !accessible(h, csr, number, writes))
        return riscv_raise(h, CAUSE_ILLEGAL, insn);
    if (reads)
        old = read_csr(h, csr, number);
    if (writes) {
        uint64_t value = insn >> 14 & 1 ? rs1 : hart_trim(h, source);

        if (kind == 2)
            value = modified(h, number, old) | value;
        else if (kind == 3)
            value = modified(h, number, old) & ~value;
        result = write_csr(h, csr, number, value);
    }
    if (rd)
        h->x[rd] = hart_extend(h, old);
    if (result == CSR_LEAVE) {
        h->pc = hart_trim(h, h->pc + 4);
        riscv_retire(h);
    }
    return result;
}

/* What there is on this hart, whoever asks. */
static const struct csr *existing(const struct hart *h, uint32_t number)
{
    const struct csr *csr = find(number);

    if (!csr || (csr->xlen && csr->xlen != h->xlen) ||
        (csr->ext != EXT_NONE && !hart_has(h, csr->ext)))
        return NULL;
    return csr;
}

int32_t riscv_csr_peek(struct hart *h, uint32_t number, uint64_t *value)
{
    const struct csr *csr = existing(h, number);

    if (!csr)
        return BP_E_NOENT;
    *value = read_csr(h, csr, number);
    return BP_OK;
}

int32_t riscv_csr_poke(struct hart *h, uint32_t number, uint64_t value)
{
    const struct csr *csr = existing(h, number);

    if (!csr)
        return BP_E_NOENT;
    if (number >> 10 == 3)
        return BP_E_ACCESS;
    write_csr(h, csr, number, hart_trim(h, value));
    return BP_OK;
}

void riscv_csr_name(uint32_t number, char *text, uint32_t room)
{
    const struct csr *csr = find(number);
    const char *mark = csr ? strchr(csr->name, '#') : NULL;

    if (!csr) {
        snprintf(text, room, "0x%03x", number);
    } else if (mark) {
        /* pmpcfg and pmpaddr count from 0 at their first number, counters and tdata by the low
         * bits. */
        uint32_t index =
            csr->number == 0x3a0 || csr->number == 0x3b0 ? number - csr->number : number & 0x1f;

        snprintf(text, room, "%.*s%u%s", (int)(mark - csr->name), csr->name, index, mark + 1);
    } else {
        snprintf(text, room, "%s", csr->name);
    }
}

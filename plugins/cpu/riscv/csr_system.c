/* SPDX-License-Identifier: Apache-2.0
 *
 * csr_system.c - the registers of the execution environment, translation, protection and counters.
 */
#include "csr.h"

/* --- environment (3.1.18, 10.1.10) ---------------------------------------- */

static uint64_t cbo_fields(const struct hart *h)
{
    return ENVCFG_FIOM | (hart_has(h, EXT_ZICBOM) ? ENVCFG_CBIE | ENVCFG_CBCFE : 0) |
           (hart_has(h, EXT_ZICBOZ) ? ENVCFG_CBZE : 0);
}

static uint64_t merge_envcfg(uint64_t old, uint64_t value, uint64_t mask)
{
    if ((value & ENVCFG_CBIE) >> ENVCFG_CBIE_SHIFT == 2) /* reserved */
        mask &= ~ENVCFG_CBIE;
    return csr_merge(old, value, mask);
}

uint64_t riscv_csr_read_menvcfg(const struct hart *h, uint32_t number)
{
    return hart_trim(h, h->menvcfg);
}

static uint32_t set_menvcfg(struct hart *h, uint64_t value)
{
    uint64_t mask = cbo_fields(h) | (hart_has(h, EXT_SVADU) ? ENVCFG_ADUE : 0) |
                    (hart_has(h, EXT_SSTC) ? ENVCFG_STCE : 0);
    uint64_t old = h->menvcfg;

    h->menvcfg = merge_envcfg(old, value, mask);
    if ((old ^ h->menvcfg) & ENVCFG_STCE)
        riscv_stimer_set(h, h->stimecmp, (h->menvcfg & ENVCFG_STCE) != 0);
    return csr_interrupts_changed(h);
}

uint32_t riscv_csr_write_menvcfg(struct hart *h, uint32_t number, uint64_t value)
{
    return set_menvcfg(h, csr_with_low(h, h->menvcfg, value));
}

uint64_t riscv_csr_read_menvcfgh(const struct hart *h, uint32_t number)
{
    return csr_high(h->menvcfg);
}

uint32_t riscv_csr_write_menvcfgh(struct hart *h, uint32_t number, uint64_t value)
{
    return set_menvcfg(h, csr_with_high(h->menvcfg, value));
}

uint64_t riscv_csr_read_senvcfg(const struct hart *h, uint32_t number)
{
    return h->senvcfg;
}

uint32_t riscv_csr_write_senvcfg(struct hart *h, uint32_t number, uint64_t value)
{
    h->senvcfg = merge_envcfg(h->senvcfg, value, cbo_fields(h));
    return CSR_CONTINUE;
}

/* --- translation and protection (10.1.11, 3.7.1) -------------------------- */

bool riscv_csr_satp_allowed(const struct hart *h, uint32_t number)
{
    return h->priv != PRIV_S || !(h->mstatus & MSTATUS_TVM);
}

uint64_t riscv_csr_read_satp(const struct hart *h, uint32_t number)
{
    return h->satp;
}

/* All bits of the ASID can be set. */
uint32_t riscv_csr_write_satp(struct hart *h, uint32_t number, uint64_t value)
{
    if (value == h->satp || !riscv_satp_mode_ok(h, value))
        return CSR_CONTINUE;
    riscv_set_satp(h, value);
    return CSR_LEAVE;
}

bool riscv_csr_pmp_exists(const struct hart *h, uint32_t number)
{
    return h->pmp_regions != 0;
}

bool riscv_csr_pmpcfg_exists(const struct hart *h, uint32_t number)
{
    return riscv_csr_pmp_exists(h, number) && (h->xlen == 32 || !(number & 1));
}

uint64_t riscv_csr_read_pmpcfg(const struct hart *h, uint32_t number)
{
    return riscv_pmpcfg_read(h, number - 0x3a0);
}

uint32_t riscv_csr_write_pmpcfg(struct hart *h, uint32_t number, uint64_t value)
{
    riscv_pmpcfg_write(h, number - 0x3a0, value);
    return CSR_LEAVE;
}

uint64_t riscv_csr_read_pmpaddr(const struct hart *h, uint32_t number)
{
    return h->pmpaddr[number - 0x3b0];
}

uint32_t riscv_csr_write_pmpaddr(struct hart *h, uint32_t number, uint64_t value)
{
    riscv_pmpaddr_write(h, number - 0x3b0, value);
    return CSR_LEAVE;
}

/* --- counters (3.1.10 to 3.1.12, Zicntr, Sstc) ---------------------------- */

bool riscv_csr_counter_allowed(const struct hart *h, uint32_t number)
{
    return riscv_counter_allowed(h, number & 0x1f);
}

bool riscv_csr_time_allowed(const struct hart *h, uint32_t number)
{
    return riscv_has_time(h) && riscv_csr_counter_allowed(h, number);
}

bool riscv_csr_stimecmp_allowed(const struct hart *h, uint32_t number)
{
    if (h->priv == PRIV_M)
        return true;
    return h->menvcfg & ENVCFG_STCE && h->mcounteren >> COUNTER_TM & 1;
}

uint64_t riscv_csr_read_cycle(const struct hart *h, uint32_t number)
{
    return hart_trim(h, riscv_cycle(h));
}

uint64_t riscv_csr_read_cycleh(const struct hart *h, uint32_t number)
{
    return csr_high(riscv_cycle(h));
}

uint64_t riscv_csr_read_instret(const struct hart *h, uint32_t number)
{
    return hart_trim(h, riscv_instret(h));
}

uint64_t riscv_csr_read_instreth(const struct hart *h, uint32_t number)
{
    return csr_high(riscv_instret(h));
}

uint32_t riscv_csr_write_mcycle(struct hart *h, uint32_t number, uint64_t value)
{
    riscv_set_cycle(h, csr_with_low(h, riscv_cycle(h), value));
    return CSR_CONTINUE;
}

uint32_t riscv_csr_write_mcycleh(struct hart *h, uint32_t number, uint64_t value)
{
    riscv_set_cycle(h, csr_with_high(riscv_cycle(h), value));
    return CSR_CONTINUE;
}

uint32_t riscv_csr_write_minstret(struct hart *h, uint32_t number, uint64_t value)
{
    riscv_set_instret(h, csr_with_low(h, riscv_instret(h), value));
    return CSR_CONTINUE;
}

uint32_t riscv_csr_write_minstreth(struct hart *h, uint32_t number, uint64_t value)
{
    riscv_set_instret(h, csr_with_high(riscv_instret(h), value));
    return CSR_CONTINUE;
}

uint64_t riscv_csr_read_mcountinhibit(const struct hart *h, uint32_t number)
{
    return h->mcountinhibit;
}

uint32_t riscv_csr_write_mcountinhibit(struct hart *h, uint32_t number, uint64_t value)
{
    riscv_set_countinhibit(h, value);
    return CSR_CONTINUE;
}

uint64_t riscv_csr_read_time(const struct hart *h, uint32_t number)
{
    return hart_trim(h, riscv_time(h));
}

uint64_t riscv_csr_read_timeh(const struct hart *h, uint32_t number)
{
    return csr_high(riscv_time(h));
}

uint64_t riscv_csr_read_stimecmp(const struct hart *h, uint32_t number)
{
    return hart_trim(h, h->stimecmp);
}

uint64_t riscv_csr_read_stimecmph(const struct hart *h, uint32_t number)
{
    return csr_high(h->stimecmp);
}

uint32_t riscv_csr_write_stimecmp(struct hart *h, uint32_t number, uint64_t value)
{
    riscv_stimer_set(h, csr_with_low(h, h->stimecmp, value), h->sstc_on);
    return csr_interrupts_changed(h);
}

uint32_t riscv_csr_write_stimecmph(struct hart *h, uint32_t number, uint64_t value)
{
    riscv_stimer_set(h, csr_with_high(h->stimecmp, value), h->sstc_on);
    return csr_interrupts_changed(h);
}

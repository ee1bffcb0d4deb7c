/* SPDX-License-Identifier: Apache-2.0
 *
 * csr_status.c - the registers of floating point, status, traps and interrupts.
 */
#include "csr.h"

#include <stdatomic.h>

/* --- floating point (Unprivileged, F: fcsr) ----------------------------------- */

bool riscv_csr_fp_on(const struct hart *h, uint32_t number)
{
    return (h->mstatus & MSTATUS_FS) != 0;
}

uint64_t riscv_csr_read_fflags(const struct hart *h, uint32_t number)
{
    return h->fflags & 0x1f;
}

uint64_t riscv_csr_read_frm(const struct hart *h, uint32_t number)
{
    return h->frm;
}

uint64_t riscv_csr_read_fcsr(const struct hart *h, uint32_t number)
{
    return h->frm << 5 | (h->fflags & 0x1f);
}

static uint32_t fp_changed(struct hart *h)
{
    riscv_set_fs_dirty(h);
    return csr_mode_changed(h);
}

uint32_t riscv_csr_write_fflags(struct hart *h, uint32_t number, uint64_t value)
{
    h->fflags = value & 0x1f;
    return fp_changed(h);
}

uint32_t riscv_csr_write_frm(struct hart *h, uint32_t number, uint64_t value)
{
    h->frm = value & 7;
    return fp_changed(h);
}

uint32_t riscv_csr_write_fcsr(struct hart *h, uint32_t number, uint64_t value)
{
    h->fflags = value & 0x1f;
    h->frm = value >> 5 & 7;
    return fp_changed(h);
}

/* --- status (3.1.6, 10.1.1) ----------------------------------------------- */

static uint32_t set_status(struct hart *h, uint64_t value, uint64_t mask)
{
    uint64_t sd = h->xlen == 32 ? MSTATUS_SD32 : MSTATUS_SD64;
    uint32_t mpp = (value & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;

    if (mpp == 2 || (mpp == PRIV_S && !hart_has(h, EXT_S)) ||
        (mpp == PRIV_U && !hart_has(h, EXT_U)))
        mask &= ~MSTATUS_MPP;
    if (!hart_has(h, EXT_F))
        mask &= ~MSTATUS_FS;
    h->mstatus = csr_merge(h->mstatus, value, mask) & ~sd;
    if ((h->mstatus & MSTATUS_FS) == MSTATUS_FS)
        h->mstatus |= sd;
    return csr_mode_changed(h);
}

uint64_t riscv_csr_read_mstatus(const struct hart *h, uint32_t number)
{
    return h->mstatus;
}

uint32_t riscv_csr_write_mstatus(struct hart *h, uint32_t number, uint64_t value)
{
    uint64_t mask = MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_FS;

    if (hart_has(h, EXT_U))
        mask |= MSTATUS_MPRV | MSTATUS_TW;
    if (hart_has(h, EXT_S))
        mask |= SSTATUS_WRITABLE | MSTATUS_TVM | MSTATUS_TSR;
    return set_status(h, value, mask);
}

uint64_t riscv_csr_read_sstatus(const struct hart *h, uint32_t number)
{
    return h->mstatus &
           (SSTATUS_WRITABLE | (h->xlen == 32 ? MSTATUS_SD32 : MSTATUS_SD64 | MSTATUS_UXL));
}

uint32_t riscv_csr_write_sstatus(struct hart *h, uint32_t number, uint64_t value)
{
    return set_status(h, value, SSTATUS_WRITABLE);
}

uint64_t riscv_csr_read_misa(const struct hart *h, uint32_t number)
{
    return h->misa;
}

uint64_t riscv_csr_read_mhartid(const struct hart *h, uint32_t number)
{
    return h->hartid;
}

/* --- traps (3.1.7, 3.1.8, 3.1.14) ----------------------------------------- */

uint64_t riscv_csr_read_mtvec(const struct hart *h, uint32_t number)
{
    return h->mtvec;
}

/* Modes 0 and 1 exist; the base has four-byte alignment in both. */
uint32_t riscv_csr_write_mtvec(struct hart *h, uint32_t number, uint64_t value)
{
    h->mtvec = value & ~UINT64_C(2);
    return CSR_CONTINUE;
}

uint64_t riscv_csr_read_stvec(const struct hart *h, uint32_t number)
{
    return h->stvec;
}

uint32_t riscv_csr_write_stvec(struct hart *h, uint32_t number, uint64_t value)
{
    h->stvec = value & ~UINT64_C(2);
    return CSR_CONTINUE;
}

static uint64_t aligned_pc(const struct hart *h, uint64_t value)
{
    return value & (hart_has(h, EXT_C) ? ~UINT64_C(1) : ~UINT64_C(3));
}

uint64_t riscv_csr_read_mepc(const struct hart *h, uint32_t number)
{
    return h->mepc;
}

uint32_t riscv_csr_write_mepc(struct hart *h, uint32_t number, uint64_t value)
{
    h->mepc = aligned_pc(h, value);
    return CSR_CONTINUE;
}

uint64_t riscv_csr_read_sepc(const struct hart *h, uint32_t number)
{
    return h->sepc;
}

uint32_t riscv_csr_write_sepc(struct hart *h, uint32_t number, uint64_t value)
{
    h->sepc = aligned_pc(h, value);
    return CSR_CONTINUE;
}

/* --- interrupts (3.1.9, 10.1.3) ------------------------------------------- */

uint64_t riscv_csr_read_mideleg(const struct hart *h, uint32_t number)
{
    return h->mideleg;
}

uint32_t riscv_csr_write_mideleg(struct hart *h, uint32_t number, uint64_t value)
{
    h->mideleg = value & IRQ_S_ALL;
    return csr_interrupts_changed(h);
}

uint64_t riscv_csr_read_mie(const struct hart *h, uint32_t number)
{
    return h->mie;
}

uint32_t riscv_csr_write_mie(struct hart *h, uint32_t number, uint64_t value)
{
    h->mie = value & (IRQ_M_ALL | (hart_has(h, EXT_S) ? IRQ_S_ALL : 0));
    return csr_interrupts_changed(h);
}

uint64_t riscv_csr_read_sie(const struct hart *h, uint32_t number)
{
    return h->mie & h->mideleg;
}

uint32_t riscv_csr_write_sie(struct hart *h, uint32_t number, uint64_t value)
{
    h->mie = csr_merge(h->mie, value, h->mideleg);
    return csr_interrupts_changed(h);
}

uint64_t riscv_csr_read_mip(const struct hart *h, uint32_t number)
{
    return atomic_load_explicit(&h->mip, memory_order_relaxed) & MIP_VISIBLE;
}

/* SSIP, STIP unless Sstc drives it, and software's share of SEIP. */
uint32_t riscv_csr_write_mip(struct hart *h, uint32_t number, uint64_t value)
{
    uint64_t mask = IRQ_BIT(IRQ_SSI) | (h->sstc_on ? 0 : IRQ_BIT(IRQ_STI)) | MIP_SEI_SOFT;

    if (!hart_has(h, EXT_S))
        return CSR_CONTINUE;
    value &= MIP_VISIBLE;
    if (value & IRQ_BIT(IRQ_SEI))
        value |= MIP_SEI_SOFT;
    riscv_change_mip(h, mask, value & mask);
    return csr_interrupts_changed(h);
}

uint64_t riscv_csr_read_sip(const struct hart *h, uint32_t number)
{
    return riscv_csr_read_mip(h, number) & h->mideleg;
}

uint32_t riscv_csr_write_sip(struct hart *h, uint32_t number, uint64_t value)
{
    uint64_t mask = IRQ_BIT(IRQ_SSI) & h->mideleg;

    riscv_change_mip(h, mask, value & mask);
    return csr_interrupts_changed(h);
}

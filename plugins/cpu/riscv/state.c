/* SPDX-License-Identifier: Apache-2.0
 *
 * state.c - a hart seen from outside: what a snapshot holds of it, and its registers as a debugger
 * reads and writes them.
 */
#include "csr.h"

#include <backplane/state.h>
#include <backplane/util/bytes.h>
#include <stdatomic.h>

/* Numbers of the rows of registers.def, which say what kind of register a row is. */
#define GDB_PC   32u
#define GDB_F0   33u
#define GDB_CSR0 65u
#define GDB_PRIV 4161u /* behind the last CSR */

#define CSR_FFLAGS   0x001u
#define CSR_FRM      0x002u
#define CSR_MENVCFG  0x30au
#define CSR_STIMECMP 0x14du

/* --- registers ------------------------------------------------------------ */

/* The other half of a 64-bit register on RV32; 0: it has none. */
static uint32_t high_half(const struct hart *h, uint32_t csr)
{
    if (h->xlen == 64)
        return 0;
    return csr == CSR_MENVCFG ? 0x31a : csr == CSR_STIMECMP ? 0x15d : 0;
}

static int32_t peek(struct hart *h, uint32_t csr, uint64_t *value)
{
    uint32_t high = high_half(h, csr);
    uint64_t upper = 0;
    int32_t status = riscv_csr_peek(h, csr, value);

    if (status == BP_OK && high)
        status = riscv_csr_peek(h, high, &upper);
    *value |= upper << 32;
    return status;
}

static int32_t poke(struct hart *h, uint32_t csr, uint64_t value)
{
    uint32_t high = high_half(h, csr);
    int32_t status;

    /* An instruction could not write these now, and would turn the FPU on. */
    if ((csr == CSR_FFLAGS || csr == CSR_FRM) && !(h->mstatus & MSTATUS_FS)) {
        *(csr == CSR_FFLAGS ? &h->fflags : &h->frm) = value & (csr == CSR_FFLAGS ? 0x1f : 7);
        return BP_OK;
    }
    status = riscv_csr_poke(h, csr, value);
    return status == BP_OK && high ? riscv_csr_poke(h, high, csr_high(value)) : status;
}

int32_t riscv_reg_read(struct hart *h, const struct bp_cpu_reg *row, uint64_t *value)
{
    uint32_t number = (uint32_t)row->gdb;

    if (number >= GDB_CSR0 && number != GDB_PRIV)
        return peek(h, number - GDB_CSR0, value);
    *value = *(const uint64_t *)((const char *)h + row->offset);
    return BP_OK;
}

static bool has_priv(const struct hart *h, uint64_t priv)
{
    return priv == PRIV_M || (priv == PRIV_S && hart_has(h, EXT_S)) ||
           (priv == PRIV_U && hart_has(h, EXT_U));
}

/* A debugger that sends a hart elsewhere does not want it to go on sleeping. */
static int32_t set_pc(struct hart *h, uint64_t value)
{
    h->pc = hart_trim(h, value & (hart_has(h, EXT_C) ? ~UINT64_C(1) : ~UINT64_C(3)));
    h->waiting = 0;
    h->api->kick(h->vcpu);
    return BP_OK;
}

static int32_t set_priv(struct hart *h, uint64_t value)
{
    if (!has_priv(h, value))
        return BP_E_ACCESS;
    h->priv = value;
    csr_mode_changed(h);
    return BP_OK;
}

int32_t riscv_reg_write(struct hart *h, const struct bp_cpu_reg *row, uint64_t value)
{
    uint32_t number = (uint32_t)row->gdb;

    if (number < GDB_PC) {
        h->x[number] = number ? hart_extend(h, value) : 0;
        return BP_OK;
    }
    if (number == GDB_PC)
        return set_pc(h, value);
    if (number == GDB_PRIV)
        return set_priv(h, value);
    if (number >= GDB_CSR0)
        return poke(h, number - GDB_CSR0, value);
    h->f[number - GDB_F0] = value;
    if (h->mstatus & MSTATUS_FS) { /* or the guest's next switch of tasks forgets it */
        riscv_set_fs_dirty(h);
        riscv_update_mode(h);
    }
    return BP_OK;
}

/* --- snapshots ------------------------------------------------------------ */

#define FIELD(number, kind, member, elements, text)                                                \
    {                                                                                              \
        .tag = (number), .type = (kind), .offset = offsetof(struct hart, member),                  \
        .count = (elements), .name = (text)                                                        \
    }

static const struct bp_state_field fields[] = {
    FIELD(1, BP_STATE_U32, waiting, 1, "waiting"),
    FIELD(2, BP_STATE_BYTES, pmpcfg, PMP_MAX, "pmpcfg"),
    FIELD(3, BP_STATE_U64, pmpaddr, PMP_MAX, "pmpaddr"),
    FIELD(4, BP_STATE_U64, saved_cycle, 1, "cycle"),
    FIELD(5, BP_STATE_U64, saved_instret, 1, "instret"),
};

static int32_t pre_save(void *self)
{
    struct hart *h = self;

    h->saved_cycle = riscv_cycle(h);
    h->saved_instret = riscv_instret(h);
    return BP_OK;
}

/* Bits that a register of this hart can hold, where fewer than XLEN. */
static bool csrs_fit(const struct hart *h)
{
    const uint64_t irqs = IRQ_M_ALL | (hart_has(h, EXT_S) ? IRQ_S_ALL : 0);
    const uint64_t status =
        MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_FS |
        (hart_has(h, EXT_U) ? MSTATUS_MPRV | MSTATUS_TW : 0) |
        (hart_has(h, EXT_S) ? SSTATUS_WRITABLE | MSTATUS_TVM | MSTATUS_TSR : 0) |
        (h->xlen == 32 ? MSTATUS_SD32
                       : MSTATUS_SD64 | (hart_has(h, EXT_U) ? MSTATUS_UXL_64 : 0) |
                             (hart_has(h, EXT_S) ? MSTATUS_SXL_64 : 0));
    const struct {
        uint64_t value, mask;
    } rows[] = {
        {h->fflags, 0x1f},
        {h->frm, 7},
        {h->mstatus, status},
        {h->mie, irqs},
        {atomic_load(&h->mip), irqs | MIP_SEI_SOFT | MIP_SEI_LINE},
        {h->mideleg, hart_has(h, EXT_S) ? IRQ_S_ALL : 0},
        {h->medeleg, hart_has(h, EXT_S) ? MEDELEG_WRITABLE : 0},
        {h->mcountinhibit, 1u << COUNTER_CY | 1u << COUNTER_IR},
        {h->waiting, 1},
        {h->pc | h->mepc | h->sepc, hart_trim(h, hart_has(h, EXT_C) ? ~UINT64_C(1) : ~UINT64_C(3))},
        {h->mtvec | h->stvec, hart_trim(h, ~UINT64_C(2))},
        {h->mscratch | h->mcause | h->mtval | h->sscratch | h->scause | h->stval | h->satp,
         hart_trim(h, UINT64_MAX)},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].value & ~rows[i].mask)
            return false;
    return has_priv(h, (h->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT) && has_priv(h, h->priv) &&
           h->misa == riscv_misa(h) && riscv_satp_mode_ok(h, h->satp);
}

static bool x_fit(const struct hart *h)
{
    for (uint32_t i = 0; i < 32; i++)
        if (h->x[i] != hart_extend(h, h->x[i]))
            return false;
    return !h->x[0];
}

static bool pmp_fits(const struct hart *h)
{
    const uint64_t mask = h->xlen == 32 ? UINT64_C(0xffffffff) : (UINT64_C(1) << 54) - 1;

    for (uint32_t i = 0; i < PMP_MAX; i++) {
        bool exists = i < h->pmp_regions;
        uint32_t rw = h->pmpcfg[i] & (PMP_R | PMP_W);

        if (h->pmpcfg[i] & ~(exists ? PMP_R | PMP_W | PMP_X | PMP_A | PMP_L : 0) || rw == PMP_W ||
            h->pmpaddr[i] & ~(exists ? mask : 0))
            return false;
    }
    return true;
}

static int32_t post_load(void *self)
{
    struct hart *h = self;

    if (!csrs_fit(h) || !x_fit(h) || !pmp_fits(h))
        return BP_E_INVAL;
    h->cycle_base = riscv_counter_base(h, COUNTER_CY, h->saved_cycle);
    h->instret_base = riscv_counter_base(h, COUNTER_IR, h->saved_instret);
    h->sstc_on = (h->menvcfg & ENVCFG_STCE) != 0;
    riscv_pmp_update(h);
    riscv_update_mode(h);
    h->flush_pending = 1; /* translations belong to the vCPU's thread: poll() drops them there */
    h->api->kick(h->vcpu);
    return BP_OK;
}

const struct bp_state riscv_state = {
    .size = sizeof(riscv_state),
    .version = 1,
    .fields = BP_ARRAY(fields),
    .pre_save = pre_save,
    .post_load = post_load,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * helpers.c - the functions behind CALL ops: traps and returns from them, fences, cache blocks,
 * carry-less products. Their signature is that of struct bp_cpu_helper; helpers.def is their list.
 */
#include "emit.h"

#include <stdatomic.h>

/* Leaves the block behind the instruction, which has 4 bytes. */
static uint64_t leave_after(struct hart *h)
{
    h->pc = hart_trim(h, h->pc + 4);
    riscv_retire(h);
    return 1;
}

static uint64_t illegal(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    return riscv_raise(state, CAUSE_ILLEGAL, (uint32_t)imm);
}

static uint64_t csr(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    return riscv_csr(state, (uint32_t)imm, a);
}

/* --- floating point ------------------------------------------------------- */

static uint64_t fp_dirty(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;

    riscv_set_fs_dirty(h);
    riscv_update_mode(h);
    return 1;
}

static uint64_t fp_load(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;

    h->f[imm & 31] = a;
    riscv_set_fs_dirty(h);
    riscv_update_mode(h);
    h->pc = hart_trim(h, h->pc + (uint64_t)(imm >> 8));
    riscv_retire(h);
    return 1;
}

/* --- carry-less multiplication (Zbc) -------------------------------------- */

static uint64_t width_mask(int64_t xlen)
{
    return xlen == 32 ? UINT64_C(0xffffffff) : UINT64_MAX;
}

static uint64_t clmul(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    uint64_t product = 0;

    for (int i = 0; i < imm; i++)
        if (b >> i & 1)
            product ^= a << i;
    return product;
}

static uint64_t clmulh(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    uint64_t product = 0;

    a &= width_mask(imm);
    for (int i = 1; i < imm; i++)
        if (b >> i & 1)
            product ^= a >> (imm - i);
    return product;
}

static uint64_t clmulr(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    uint64_t product = 0;

    a &= width_mask(imm);
    for (int i = 0; i < imm; i++)
        if (b >> i & 1)
            product ^= a >> (imm - i - 1);
    return product;
}

/* --- traps and returns (Privileged 3.3) ----------------------------------- */

static uint64_t ecall(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;

    return riscv_raise(h, CAUSE_ECALL_U + (uint32_t)h->priv, 0);
}

static uint64_t ebreak(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;

    if (h->api->debug_break(h->vcpu) == BP_OK)
        return 1;
    return riscv_raise(h, CAUSE_BREAKPOINT, h->pc);
}

static uint64_t return_to(struct hart *h, uint32_t priv, uint64_t pc)
{
    if (priv != PRIV_M)
        h->mstatus &= ~MSTATUS_MPRV;
    h->priv = priv;
    h->pc = pc;
    riscv_retire(h);
    riscv_update_mode(h);
    riscv_check_interrupts(h);
    return 1;
}

static uint64_t mret(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;
    uint32_t priv = (h->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
    uint64_t mie = h->mstatus & MSTATUS_MPIE ? MSTATUS_MIE : 0;
    uint64_t least = hart_has(h, EXT_U) ? 0 : MSTATUS_MPP;

    if (h->priv != PRIV_M)
        return riscv_raise(h, CAUSE_ILLEGAL, (uint32_t)imm);
    h->mstatus = (h->mstatus & ~(MSTATUS_MIE | MSTATUS_MPP)) | mie | MSTATUS_MPIE | least;
    return return_to(h, priv, h->mepc);
}

static uint64_t sret(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;
    uint32_t priv = h->mstatus & MSTATUS_SPP ? PRIV_S : PRIV_U;
    uint64_t sie = h->mstatus & MSTATUS_SPIE ? MSTATUS_SIE : 0;

    if (h->priv == PRIV_U || (h->priv == PRIV_S && h->mstatus & MSTATUS_TSR))
        return riscv_raise(h, CAUSE_ILLEGAL, (uint32_t)imm);
    h->mstatus = (h->mstatus & ~(MSTATUS_SIE | MSTATUS_SPP)) | sie | MSTATUS_SPIE;
    return return_to(h, priv, h->sepc);
}

/* In U-mode WFI would have to end within a bounded time when there is an S-mode to wait for
 * (3.3.3), so it traps. */
static uint64_t wfi(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;

    if ((h->priv != PRIV_M && h->mstatus & MSTATUS_TW) || (h->priv == PRIV_U && hart_has(h, EXT_S)))
        return riscv_raise(h, CAUSE_ILLEGAL, (uint32_t)imm);
    h->waiting = 1;
    h->api->kick(h->vcpu); /* poll() says whether there is something to wait for */
    return leave_after(h);
}

/* --- fences --------------------------------------------------------------- */

static uint64_t fence_i(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;

    h->api->flush_code(h->vcpu);
    return leave_after(h);
}

/* SFENCE.VMA and SINVAL.VMA (10.2.1): an address in a and an ASID in b narrow what must be
 * forgotten. */
static uint64_t sfence_vma(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;

    if (h->priv == PRIV_U || (h->priv == PRIV_S && h->mstatus & MSTATUS_TVM))
        return riscv_raise(h, CAUSE_ILLEGAL, (uint32_t)imm);
    riscv_forget(h, insn_rs1((uint32_t)imm) ? &a : NULL, insn_rs2((uint32_t)imm) ? &b : NULL);
    return leave_after(h);
}

static uint64_t sfence(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;

    if (h->priv == PRIV_U)
        return riscv_raise(h, CAUSE_ILLEGAL, (uint32_t)imm);
    return leave_after(h);
}

/* --- cache blocks (Unprivileged, Zicbom and Zicboz) ----------- */

/* The field of menvcfg and senvcfg, as far as they govern this privilege. */
static bool cbo_enabled(const struct hart *h, uint64_t field)
{
    if (h->priv != PRIV_M && !(h->menvcfg & field))
        return false;
    return h->priv != PRIV_U || !hart_has(h, EXT_S) || h->senvcfg & field;
}

static uint64_t cbo_zero(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;

    return cbo_enabled(h, ENVCFG_CBZE) ? 0 : riscv_raise(h, CAUSE_ILLEGAL, (uint32_t)imm);
}

/* Guest caches are always coherent, which leaves the checks: the block must be readable or
 * writable. */
static uint64_t cbo_manage(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;
    uint32_t context = h->mode >> MODE_CONTEXT_SHIFT & 15;
    bool inval = (uint32_t)imm >> 20 == 0;
    struct bp_walk walk = {.bytes = 1};
    int32_t cause;

    if (!cbo_enabled(h, inval ? ENVCFG_CBIE : ENVCFG_CBCFE))
        return riscv_raise(h, CAUSE_ILLEGAL, (uint32_t)imm);
    if (riscv_walk(h, a, BP_MEM_READ, context, 0, &walk) == 0)
        return 0;
    cause = riscv_walk(h, a, BP_MEM_WRITE, context, 0, &walk);
    return cause ? riscv_raise(h, (uint32_t)cause, a) : 0;
}

/* --- jumps without C ------------------------------------------------------ */

static uint64_t misaligned(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    struct hart *h = state;

    return a ? riscv_raise(h, CAUSE_FETCH_MISALIGNED, h->pc + (uint64_t)imm) : 0;
}

static uint64_t target(void *state, uint64_t a, uint64_t b, int64_t imm)
{
    return a & 2 ? riscv_raise(state, CAUSE_FETCH_MISALIGNED, a) : 0;
}

#define WRITES_X UINT64_C(0x00000000fffffffe)
#define WRITES_F UINT64_C(0xffffffff00000000)

const struct bp_cpu_helper riscv_helpers[HELPER_COUNT] = {
#define HELPER(ID, function, kind, changes)                                                        \
    [HELPER_##ID] = {#function, function, kind, 0, 0, changes},
#include "helpers.def"
#undef HELPER
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * trap.c - exceptions and interrupts: delegation, entry, priorities, the pins of the hart, and
 * polling. Privileged Architecture 3.1.6 to 3.1.9, 3.1.15, 10.1.
 */
#include "hart.h"

#include <stdatomic.h>

/* Enters the handler for `cause`; h->pc is the address to return to. */
static void enter(struct hart *h, uint32_t cause, uint64_t tval, bool interrupt)
{
    uint64_t flag = interrupt ? UINT64_C(1) << (h->xlen - 1) : 0;
    uint64_t delegated = interrupt ? h->mideleg : h->medeleg;
    uint64_t tvec;

    if (h->priv != PRIV_M && delegated >> cause & 1) {
        h->scause = cause | flag;
        h->sepc = hart_trim(h, h->pc);
        h->stval = hart_trim(h, tval);
        h->mstatus &= ~(MSTATUS_SPP | MSTATUS_SPIE);
        h->mstatus |=
            (h->mstatus & MSTATUS_SIE ? MSTATUS_SPIE : 0) | (h->priv == PRIV_S ? MSTATUS_SPP : 0);
        h->mstatus &= ~MSTATUS_SIE;
        h->priv = PRIV_S;
        tvec = h->stvec;
    } else {
        h->mcause = cause | flag;
        h->mepc = hart_trim(h, h->pc);
        h->mtval = hart_trim(h, tval);
        h->mstatus &= ~(MSTATUS_MPP | MSTATUS_MPIE);
        h->mstatus |= (h->mstatus & MSTATUS_MIE ? MSTATUS_MPIE : 0) | h->priv << MSTATUS_MPP_SHIFT;
        h->mstatus &= ~MSTATUS_MIE;
        h->priv = PRIV_M;
        tvec = h->mtvec;
    }
    h->pc = hart_trim(h, (tvec & ~UINT64_C(3)) + (interrupt && tvec & 1 ? 4 * cause : 0));
    riscv_update_mode(h);
}

uint64_t riscv_raise(struct hart *h, uint32_t cause, uint64_t tval)
{
    enter(h, cause, tval, false);
    return 1;
}

void riscv_fault(void *state, const struct bp_fault *fault)
{
    static const uint8_t misaligned[] = {
        [BP_MEM_READ] = CAUSE_LOAD_MISALIGNED,
        [BP_MEM_WRITE] = CAUSE_STORE_MISALIGNED,
        [BP_MEM_FETCH] = CAUSE_FETCH_MISALIGNED,
        [BP_MEM_AMO] = CAUSE_STORE_MISALIGNED,
    };
    struct hart *h = state;
    uint32_t cause = fault->cause;

    if (fault->type == BP_FAULT_MISALIGNED)
        cause = misaligned[fault->kind];
    else if (fault->type == BP_FAULT_BUS)
        cause = riscv_walk_cause(fault->kind, false);
    riscv_raise(h, cause, fault->va);
}

/* --- interrupts ----------------------------------------------------------- */

int riscv_pending_interrupt(struct hart *h)
{
    static const uint8_t priority[] = {IRQ_MEI, IRQ_MSI, IRQ_MTI, IRQ_SEI, IRQ_SSI, IRQ_STI};
    uint64_t pending = atomic_load_explicit(&h->mip, memory_order_acquire) & h->mie;
    uint64_t take = 0;

    if (!pending)
        return -1;
    if (h->priv != PRIV_M || h->mstatus & MSTATUS_MIE)
        take = pending & ~h->mideleg;
    if (!take && (h->priv == PRIV_U || (h->priv == PRIV_S && h->mstatus & MSTATUS_SIE)))
        take = pending & h->mideleg;
    for (size_t i = 0; i < sizeof(priority); i++)
        if (take >> priority[i] & 1)
            return priority[i];
    return -1;
}

uint32_t riscv_check_interrupts(struct hart *h)
{
    if (riscv_pending_interrupt(h) < 0)
        return 0;
    h->api->kick(h->vcpu);
    return 1;
}

int32_t riscv_poll(void *state)
{
    struct hart *h = state;
    int irq;

    if (h->flush_pending) {
        h->flush_pending = 0;
        riscv_forget_all(h);
    }
    if (h->waiting) {
        /* WFI resumes for any interrupt enabled in mie, whether it would be taken or not
         * (3.3.3). */
        if (!(atomic_load_explicit(&h->mip, memory_order_acquire) & h->mie))
            return BP_CPU_WAIT;
        h->waiting = 0;
    }
    irq = riscv_pending_interrupt(h);
    if (irq >= 0)
        enter(h, (uint32_t)irq, 0, true);
    return BP_CPU_RUN;
}

void riscv_change_mip(struct hart *h, uint64_t clear, uint64_t set)
{
    uint64_t old = atomic_load_explicit(&h->mip, memory_order_relaxed), mip;

    do {
        mip = (old & ~clear) | set;
        mip &= ~IRQ_BIT(IRQ_SEI);
        if (mip & (MIP_SEI_SOFT | MIP_SEI_LINE))
            mip |= IRQ_BIT(IRQ_SEI);
    } while (!atomic_compare_exchange_weak_explicit(&h->mip, &old, mip, memory_order_acq_rel,
                                                    memory_order_relaxed));
}

static void line(struct hart *h, uint64_t bit, uint32_t level)
{
    riscv_change_mip(h, level ? 0 : bit, level ? bit : 0);
    if (level)
        h->api->kick(h->vcpu);
}

void riscv_line_msip(void *state, uint32_t index, uint32_t level)
{
    (void)index;
    line(state, IRQ_BIT(IRQ_MSI), level);
}

void riscv_line_mtip(void *state, uint32_t index, uint32_t level)
{
    (void)index;
    line(state, IRQ_BIT(IRQ_MTI), level);
}

void riscv_line_meip(void *state, uint32_t index, uint32_t level)
{
    (void)index;
    line(state, IRQ_BIT(IRQ_MEI), level);
}

void riscv_line_seip(void *state, uint32_t index, uint32_t level)
{
    (void)index;
    line(state, MIP_SEI_LINE, level);
}

/* Edge-sensitive (ACLINT specification, SSWI): the pin sets SSIP, software clears it. */
void riscv_line_ssip(void *state, uint32_t index, uint32_t level)
{
    (void)index;
    if (level)
        line(state, IRQ_BIT(IRQ_SSI), 1);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * riscv_trap.c - traps and interrupts: delegation, priorities, pins, WFI, the supervisor timer.
 */
#include <criterion/criterion.h>

#include "riscv_fake.h"

static uint64_t call(struct hart *h, enum riscv_helper helper, uint64_t a, uint32_t insn)
{
    return riscv_helpers[helper].fn(h, a, 0, (int32_t)insn);
}

static uint32_t mpp(const struct hart *h)
{
    return (h->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
}

/* --- exceptions ----------------------------------------------------------- */

Test(trap, goes_to_machine_mode)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_write(h, 0x305, FAKE_BASE + 0x101); /* vectored, which is for interrupts */
    h->mstatus |= MSTATUS_MIE;
    fake_priv(h, PRIV_U);
    h->pc = FAKE_BASE + 0x40;
    cr_assert_eq(call(h, HELPER_ILLEGAL, 0, 0xffffffff), 1);
    cr_assert_eq(h->pc, FAKE_BASE + 0x100);
    cr_assert_eq(h->mepc, FAKE_BASE + 0x40);
    cr_assert_eq(h->mcause, CAUSE_ILLEGAL);
    cr_assert_eq(h->mtval, 0xffffffff, "the bits, not sign-extended");
    cr_assert_eq(h->priv, PRIV_M);
    cr_assert_eq(mpp(h), PRIV_U);
    cr_assert_eq(h->mstatus & (MSTATUS_MIE | MSTATUS_MPIE), MSTATUS_MPIE);
    cr_assert_eq(h->mode & 3, PRIV_M);
    call(h, HELPER_MRET, 0, 0x30200073);
    cr_assert_eq(h->priv, PRIV_U);
    cr_assert_eq(h->pc, FAKE_BASE + 0x40);
    cr_assert_eq(mpp(h), PRIV_U, "MPP becomes the least privileged mode");
    cr_assert_eq(h->mstatus & (MSTATUS_MIE | MSTATUS_MPIE), MSTATUS_MIE | MSTATUS_MPIE);
    free(h);
}

Test(trap, delegation)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_write(h, 0x302, UINT64_MAX);
    cr_assert_eq(fake_read(h, 0x302), MEDELEG_WRITABLE);
    fake_write(h, 0x105, FAKE_BASE + 0x200);
    fake_write(h, 0x305, FAKE_BASE + 0x300);
    h->mstatus |= MSTATUS_SIE;
    fake_priv(h, PRIV_S);
    h->pc = FAKE_BASE + 8;
    call(h, HELPER_ECALL, 0, 0x73);
    cr_assert_eq(h->pc, FAKE_BASE + 0x200);
    cr_assert_eq(h->scause, CAUSE_ECALL_U + PRIV_S);
    cr_assert_eq(h->mstatus & (MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE),
                 MSTATUS_SPP | MSTATUS_SPIE);
    cr_assert_eq(h->priv, PRIV_S);
    fake_priv(h, PRIV_M); /* never from M to S */
    call(h, HELPER_EBREAK, 0, 0x00100073);
    cr_assert_eq(h->pc, FAKE_BASE + 0x300);
    cr_assert_eq(h->mcause, CAUSE_BREAKPOINT);
    free(h);
}

Test(trap, faults_of_accesses)
{
    static const struct {
        uint32_t type, kind, cause;
        uint64_t expected;
    } cases[] = {
        {BP_FAULT_WALK, BP_MEM_READ, CAUSE_LOAD_PAGE, CAUSE_LOAD_PAGE},
        {BP_FAULT_MISALIGNED, BP_MEM_READ, 0, CAUSE_LOAD_MISALIGNED},
        {BP_FAULT_MISALIGNED, BP_MEM_AMO, 0, CAUSE_STORE_MISALIGNED},
        {BP_FAULT_BUS, BP_MEM_READ, 0, CAUSE_LOAD_ACCESS},
        {BP_FAULT_BUS, BP_MEM_WRITE, 0, CAUSE_STORE_ACCESS},
        {BP_FAULT_BUS, BP_MEM_AMO, 0, CAUSE_STORE_ACCESS},
        {BP_FAULT_BUS, BP_MEM_FETCH, 0, CAUSE_FETCH_ACCESS},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct hart *h = fake_hart("rv32gc", 0);
        struct bp_fault fault = {sizeof(fault), cases[i].type, cases[i].kind, cases[i].cause,
                                 UINT64_C(0xffffffff80000123)};

        riscv_fault(h, &fault);
        cr_assert_eq(h->mcause, cases[i].expected, "case %zu", i);
        cr_assert_eq(h->mtval, 0x80000123);
        free(h);
    }
}

Test(trap, ebreak_goes_to_the_debugger_first)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake.debugger = 1;
    h->pc = FAKE_BASE + 4;
    cr_assert_eq(call(h, HELPER_EBREAK, 0, 0x00100073), 1);
    cr_assert_eq(h->pc, FAKE_BASE + 4);
    cr_assert_eq(h->mcause, 0);
    free(h);
}

Test(trap, returns_and_waits_need_their_privilege)
{
    static const struct {
        enum riscv_helper helper;
        uint32_t priv;
        uint64_t mstatus;
        bool illegal;
    } cases[] = {
        {HELPER_MRET, PRIV_S, 0, true},
        {HELPER_SRET, PRIV_S, 0, false},
        {HELPER_SRET, PRIV_S, MSTATUS_TSR, true},
        {HELPER_SRET, PRIV_M, MSTATUS_TSR, false},
        {HELPER_SRET, PRIV_U, 0, true},
        {HELPER_WFI, PRIV_M, MSTATUS_TW, false},
        {HELPER_WFI, PRIV_S, 0, false},
        {HELPER_WFI, PRIV_S, MSTATUS_TW, true},
        {HELPER_WFI, PRIV_U, 0, true},
        {HELPER_SFENCE_VMA, PRIV_S, 0, false},
        {HELPER_SFENCE_VMA, PRIV_S, MSTATUS_TVM, true},
        {HELPER_SFENCE_VMA, PRIV_U, 0, true},
        {HELPER_SFENCE, PRIV_S, MSTATUS_TVM, false},
        {HELPER_SFENCE, PRIV_U, 0, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct hart *h = fake_hart("rv64gc", 0);

        h->mstatus |= cases[i].mstatus;
        fake_priv(h, cases[i].priv);
        cr_assert_eq(call(h, cases[i].helper, 0, 0x73), 1);
        cr_assert_eq(h->mcause, cases[i].illegal ? CAUSE_ILLEGAL : 0, "case %zu", i);
        free(h);
    }
}

Test(trap, sret_clears_mprv)
{
    struct hart *h = fake_hart("rv64gc", 0);

    h->mstatus |= MSTATUS_MPRV | MSTATUS_SPP;
    call(h, HELPER_SRET, 0, 0x10200073);
    cr_assert_eq(h->priv, PRIV_S);
    cr_assert_eq(h->mstatus & MSTATUS_MPRV, 0);
    free(h);
}

/* --- interrupts ----------------------------------------------------------- */

Test(interrupt, priorities_and_vectors)
{
    static const uint32_t order[] = {IRQ_MEI, IRQ_MSI, IRQ_MTI, IRQ_SEI, IRQ_SSI, IRQ_STI};
    struct hart *h = fake_hart("rv64gc", 0);

    fake_write(h, 0x305, FAKE_BASE + 1);
    fake_write(h, 0x304, UINT64_MAX);
    riscv_change_mip(h, 0, IRQ_M_ALL | IRQ_BIT(IRQ_SSI) | IRQ_BIT(IRQ_STI) | MIP_SEI_SOFT);
    for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
        h->mstatus |= MSTATUS_MIE;
        cr_assert_eq(riscv_poll(h), BP_CPU_RUN);
        cr_assert_eq(h->mcause, UINT64_C(1) << 63 | order[i]);
        cr_assert_eq(h->pc, FAKE_BASE + 4 * order[i]);
        riscv_change_mip(h, order[i] == IRQ_SEI ? MIP_SEI_SOFT : IRQ_BIT(order[i]), 0);
    }
    free(h);
}

Test(interrupt, enabling_follows_the_privilege)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_write(h, 0x303, IRQ_S_ALL);
    fake_write(h, 0x304, UINT64_MAX);
    riscv_line_seip(h, 0, 1);
    h->mstatus |= MSTATUS_SIE | MSTATUS_MIE;
    cr_assert_eq(riscv_pending_interrupt(h), -1, "a delegated one is masked in M");
    fake_priv(h, PRIV_S);
    cr_assert_eq(riscv_pending_interrupt(h), IRQ_SEI);
    h->mstatus &= ~MSTATUS_SIE;
    cr_assert_eq(riscv_pending_interrupt(h), -1);
    fake_priv(h, PRIV_U);
    cr_assert_eq(riscv_pending_interrupt(h), IRQ_SEI, "U-mode cannot mask it");
    riscv_line_mtip(h, 0, 1);
    fake_priv(h, PRIV_S);
    h->mstatus &= ~MSTATUS_MIE;
    cr_assert_eq(riscv_pending_interrupt(h), IRQ_MTI, "S-mode cannot mask M's");
    free(h);
}

/* SEIP is pin OR software; a read gives both, a read-modify-write works on software's share
 * (3.1.9). */
Test(interrupt, both_sources_of_seip)
{
    struct hart *h = fake_hart("rv64gc", 0);

    riscv_line_seip(h, 0, 1);
    cr_assert_eq(fake_read(h, 0x344), IRQ_BIT(IRQ_SEI));
    fake_csr(h, 0x344, 2, 0, 5, IRQ_BIT(IRQ_SSI)); /* csrs mip, SSIP must not latch the pin */
    riscv_line_seip(h, 0, 0);
    cr_assert_eq(fake_read(h, 0x344), IRQ_BIT(IRQ_SSI));
    fake_csr(h, 0x344, 2, 0, 5, IRQ_BIT(IRQ_SEI));
    riscv_line_seip(h, 0, 1);
    riscv_line_seip(h, 0, 0);
    cr_assert_eq(fake_read(h, 0x344), IRQ_BIT(IRQ_SSI) | IRQ_BIT(IRQ_SEI));
    fake_csr(h, 0x344, 3, 0, 5, IRQ_BIT(IRQ_SEI));
    cr_assert_eq(fake_read(h, 0x344), IRQ_BIT(IRQ_SSI));
    free(h);
}

Test(interrupt, pins_are_not_writable_and_survive_reset)
{
    struct hart *h = fake_hart("rv64gc", 0);

    riscv_line_msip(h, 0, 1);
    riscv_line_meip(h, 0, 1);
    riscv_line_ssip(h, 0, 1);
    fake_write(h, 0x344, 0);
    cr_assert_eq(fake_read(h, 0x344), IRQ_BIT(IRQ_MSI) | IRQ_BIT(IRQ_MEI));
    riscv_line_ssip(h, 0, 0);
    riscv_line_ssip(h, 0, 1);
    riscv_reset(h, BP_RESET_WARM);
    cr_assert_eq(fake_read(h, 0x344), IRQ_BIT(IRQ_MSI) | IRQ_BIT(IRQ_MEI));
    free(h);
}

Test(interrupt, wfi)
{
    struct hart *h = fake_hart("rv64gc", 0);
    uint64_t pc = h->pc;
    uint32_t kicks = fake.kicks;

    fake_write(h, 0x304, IRQ_BIT(IRQ_MTI));
    pc = h->pc;
    call(h, HELPER_WFI, 0, 0x10500073);
    cr_assert_eq(h->pc, pc + 4);
    cr_assert_gt(fake.kicks, kicks, "somebody must ask");
    cr_assert_eq(riscv_poll(h), BP_CPU_WAIT);
    riscv_line_msip(h, 0, 1); /* not enabled in mie */
    cr_assert_eq(riscv_poll(h), BP_CPU_WAIT);
    riscv_line_mtip(h, 0, 1); /* enabled there, masked by MIE: wakes up, is not taken */
    cr_assert_eq(riscv_poll(h), BP_CPU_RUN);
    cr_assert_eq(h->pc, pc + 4);
    free(h);
}

Test(interrupt, enabling_a_pending_one_asks_for_a_poll)
{
    struct hart *h = fake_hart("rv64gc", 0);
    uint32_t kicks;

    riscv_line_msip(h, 0, 1);
    fake_write(h, 0x304, IRQ_BIT(IRQ_MSI));
    kicks = fake.kicks;
    fake_csr(h, 0x300, 2, 0, 5, MSTATUS_MIE);
    cr_assert_gt(fake.kicks, kicks);
    free(h);
}

Test(interrupt, reset_drops_translations_at_the_next_poll)
{
    struct hart *h = fake_hart("rv64gc", 0);

    cr_assert_eq(fake.flushes, 0);
    riscv_poll(h);
    cr_assert_eq(fake.flushed_contexts, ~0u);
    riscv_poll(h);
    cr_assert_eq(fake.flushes, 1);
    free(h);
}

/* --- Sstc ----------------------------------------------------------------- */

Test(sstc, timer)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake.time = 1000;
    fake_write(h, 0x14d, 5000); /* no effect on STIP before STCE */
    fake_write(h, 0x344, IRQ_BIT(IRQ_STI));
    cr_assert_eq(fake_read(h, 0x344), IRQ_BIT(IRQ_STI));
    fake_write(h, 0x30a, ENVCFG_STCE);
    cr_assert_eq(fake_read(h, 0x344), 0, "STIP follows stimecmp now");
    cr_assert_eq(fake.armed, 500000);
    fake_write(h, 0x344, IRQ_BIT(IRQ_STI));
    cr_assert_eq(fake_read(h, 0x344), 0, "and is read-only");
    riscv_stimer_fired(h); /* too early: armed again */
    cr_assert_eq(fake_read(h, 0x344), 0);
    fake.time = 5000;
    riscv_stimer_fired(h);
    cr_assert_eq(fake_read(h, 0x344), IRQ_BIT(IRQ_STI));
    fake_write(h, 0x14d, 6000);
    cr_assert_eq(fake_read(h, 0x344), 0);
    fake_write(h, 0x14d, UINT64_MAX); /* never */
    cr_assert_eq(fake.armed, UINT64_MAX);
    fake_write(h, 0x14d, 4000); /* in the past */
    cr_assert_eq(fake_read(h, 0x344), IRQ_BIT(IRQ_STI));
    fake_write(h, 0x30a, 0);
    cr_assert_eq(fake_read(h, 0x344), 0);
    cr_assert_eq(fake.locked, 0);
    free(h);
}

Test(sstc, access_from_supervisor_mode)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_priv(h, PRIV_S);
    cr_assert_not(fake_write(h, 0x14d, 1));
    fake_write(h, 0x30a, ENVCFG_STCE); /* the trap went to M */
    fake_priv(h, PRIV_S);
    cr_assert_not(fake_write(h, 0x14d, 1), "mcounteren.TM is still clear");
    fake_write(h, 0x306, 1u << COUNTER_TM);
    fake_priv(h, PRIV_S);
    cr_assert(fake_write(h, 0x14d, 1));
    free(h);
}

Test(sstc, halves_on_rv32)
{
    struct hart *h = fake_hart("rv32gc", 0);

    fake_write(h, 0x14d, 0x11111111);
    fake_write(h, 0x15d, 0x22222222);
    cr_assert_eq(h->stimecmp, UINT64_C(0x2222222211111111));
    cr_assert_eq(fake_read(h, 0x15d), 0x22222222);
    free(h);
}

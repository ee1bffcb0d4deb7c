/* SPDX-License-Identifier: Apache-2.0
 *
 * traps.c - synchronous exceptions: cause, mepc, mtval, the state they leave; delegation; xRET. Privileged
 * Architecture 20240411, sections 3.1.6, 3.1.8, 3.1.15, 3.3 and 4.1.
 */
#include "guest.h"

/* The C code is built without floating point, so that the compiler uses none. */
#define FP(text)      ".option push\n.option arch, +f, +d\n" text "\n.option pop"
#define NOTHING_THERE 0x06000000ul /* no device, no RAM on this board */

reg_t s_cause, s_epc, s_tval, s_sstatus; /* written by the assembly below */
extern char s_trap_entry[], here_epc[];

/* A trap handler for S-mode: notes the CSRs, skips 4 bytes. */
__asm__(".align 2\n"
        "s_trap_entry:\n"
        "    csrw sscratch, t0\n"
        "    " STORE_REG " t1, -8(sp)\n"
        "    la t0, s_cause\n    csrr t1, scause\n    " STORE_REG " t1, 0(t0)\n"
        "    la t0, s_tval\n    csrr t1, stval\n    " STORE_REG " t1, 0(t0)\n"
        "    la t0, s_sstatus\n    csrr t1, sstatus\n    " STORE_REG " t1, 0(t0)\n"
        "    la t0, s_epc\n    csrr t1, sepc\n    " STORE_REG " t1, 0(t0)\n"
        "    addi t1, t1, 4\n"
        "    csrw sepc, t1\n"
        "    " LOAD_REG " t1, -8(sp)\n"
        "    csrr t0, sscratch\n"
        "    sret\n");

static void open_pmp(void)
{
    csr_write(pmpaddr0, ~0ul);
    csr_write(pmpcfg0, 0x1f);
}

/* Fetches from an address and comes back through the trap. */
static reg_t try_jump(reg_t target)
{
    struct trap *t = my_trap();
    reg_t cause;

    trap_clear();
    __asm__ volatile("la t0, 1f\n" STORE_REG " t0, 0(%0)\n"
                     "jalr ra, %1, 0\n"
                     "1:\n" ::"r"(&t->resume),
                     "r"(target)
                     : "t0", "ra", "memory");
    cause = t->cause;
    t->resume = 0;
    return cause;
}

static void illegal(void)
{
    /* Encodings that must be illegal in RV32 and RV64 alike; mtval holds the bits, or zero. */
    CHECK_EQ(TRY(".word 0x00000000"), ILLEGAL);
    CHECK(my_trap()->tval == 0);
    CHECK_EQ(TRY(".word 0xffffffff"), ILLEGAL);
    CHECK(my_trap()->tval == 0 || (uint32_t)my_trap()->tval == 0xffffffff);
    CHECK_EQ(TRY(".word 0x0000707f"), ILLEGAL);                        /* load, funct3 7 */
    CHECK_EQ(TRY(".word 0x00005023"), ILLEGAL);                        /* store, funct3 5 */
    CHECK_EQ(TRY(".word 0x00002063"), ILLEGAL);                        /* branch, funct3 2 */
    CHECK_EQ(TRY(".word 0x02001013"), XLEN == 64 ? NO_TRAP : ILLEGAL); /* slli x0, x0, 32 */
    CHECK_EQ(TRY(".word 0x4000d033"), NO_TRAP);                        /* sra x0, x1, x0: fine */
    CHECK_EQ(TRY(".word 0x40001033"), ILLEGAL);                        /* sll with funct7 0x20 */
    CHECK_EQ(TRY(".word 0x0000001b"), XLEN == 64 ? NO_TRAP : ILLEGAL); /* addiw */
    CHECK_EQ(TRY(".word 0xe0000053"), NO_TRAP);                        /* fmv.x.w */
    CHECK_EQ(TRY(".word 0x00005053"), ILLEGAL); /* fadd.s with rounding mode 5 */
    csr_write(frm, 5);
    CHECK_EQ(TRY(".word 0x00007053"), ILLEGAL); /* fadd.s with a dynamic mode of 5 */
    csr_write(frm, 0);
    CHECK_EQ(TRY(".word 0x00007053"), NO_TRAP);
    /* FS = Off makes every floating-point instruction and fcsr illegal, and leaves FS alone. */
    csr_clear(mstatus, MSTATUS_FS);
    CHECK_EQ(TRY(FP("fmv.w.x f0, x0")), ILLEGAL);
    CHECK_EQ(TRY(FP("fsd f0, -16(sp)")), ILLEGAL);
    CHECK_EQ(TRY("csrr t0, fcsr" ::: "t0"), ILLEGAL);
    CHECK_EQ(csr_read(mstatus) & MSTATUS_FS, 0);
    csr_set(mstatus, MSTATUS_FS & -MSTATUS_FS); /* Initial */
    CHECK_EQ(TRY(FP("fmv.w.x f0, x0")), NO_TRAP);
    CHECK_EQ(csr_read(mstatus) & MSTATUS_FS, MSTATUS_FS); /* a write makes it Dirty */
    CHECK(csr_read(mstatus) & INTERRUPT);                 /* SD is the top bit */
    csr_set(mstatus, MSTATUS_FS);
    /* CSRs: unknown ones, writes to read-only ones; reading a read-only one by csrrs x0 is fine. */
    CHECK_EQ(TRY("csrr t0, 0x5c0" ::: "t0"), ILLEGAL);
    CHECK_EQ(TRY("csrw mhartid, x0"), ILLEGAL);
    CHECK_EQ(TRY("csrrsi t0, mhartid, 1" ::: "t0"), ILLEGAL);
    CHECK_EQ(TRY("csrrs t0, mhartid, x0" ::: "t0"), NO_TRAP);
    CHECK_EQ(TRY("csrrc t0, cycle, x0" ::: "t0"), NO_TRAP);
    CHECK_EQ(TRY("csrrw x0, cycle, x0"), ILLEGAL);
    /* An illegal instruction writes no register. */
    register reg_t t0 __asm__("t0") = 42;
    trap_clear();
    __asm__ volatile("csrrwi t0, mvendorid, 3" : "+r"(t0));
    CHECK_EQ(my_trap()->cause, ILLEGAL);
    CHECK_EQ(t0, 42);
}

static void addresses(void)
{
    reg_t value = 5;

    CHECK_EQ(TRY("lw %0, 0(%1)" : "+r"(value) : "r"(NOTHING_THERE)), LOAD_ACCESS);
    CHECK_EQ(my_trap()->tval, NOTHING_THERE);
    CHECK_EQ(value, 5);
    CHECK_EQ(TRY("sb x0, 0(%0)" ::"r"(NOTHING_THERE + 3)), STORE_ACCESS);
    CHECK_EQ(my_trap()->tval, NOTHING_THERE + 3);
    CHECK_EQ(TRY("amoadd.w x0, x0, (%0)" ::"r"(NOTHING_THERE)), STORE_ACCESS);
    CHECK_EQ(TRY("lr.w x0, (%0)" ::"r"(NOTHING_THERE)), LOAD_ACCESS);
    CHECK_EQ(try_jump(NOTHING_THERE), FETCH_ACCESS);
    CHECK_EQ(my_trap()->epc, NOTHING_THERE);
    CHECK_EQ(my_trap()->tval, NOTHING_THERE);
    CHECK_EQ(TRY("ebreak"), BREAKPOINT);
    CHECK(my_trap()->tval == 0 || my_trap()->tval == my_trap()->epc);
    /* Misaligned LR/SC and AMO always trap; as misaligned or access fault. */
    static uint64_t two[2];
    reg_t odd = (reg_t)two + 1, cause;
    cause = TRY("lr.w t0, (%0)" ::"r"(odd) : "t0");
    CHECK(cause == LOAD_MISALIGNED || cause == LOAD_ACCESS);
    CHECK_EQ(my_trap()->tval, odd);
    cause = TRY("amoswap.w t0, t0, (%0)" ::"r"(odd) : "t0");
    CHECK(cause == STORE_MISALIGNED || cause == STORE_ACCESS);
    cause = TRY("sc.w t0, t0, (%0)" ::"r"(odd) : "t0");
    CHECK(cause == STORE_MISALIGNED || cause == STORE_ACCESS);
    /* mepc is the instruction's own address. */
    trap_clear();
    __asm__ volatile(".globl here_epc\nhere_epc: ecall");
    CHECK_EQ(my_trap()->cause, ECALL_M);
    CHECK_EQ(my_trap()->epc, here_epc);
    CHECK_EQ(my_trap()->tval, 0);
}

static reg_t do_ecall(reg_t x)
{
    register reg_t a7 __asm__("a7") = 1;

    __asm__ volatile("ecall" : "+r"(a7)::"memory");
    return x + 1;
}

static reg_t do_illegal(reg_t x)
{
    __asm__ volatile(".word 0");
    return x + 2;
}

static reg_t read_mstatus(reg_t x)
{
    __asm__ volatile("csrr %0, mstatus" : "+r"(x));
    return x;
}

static reg_t do_sret(reg_t x)
{
    __asm__ volatile("sret");
    return x;
}

static reg_t do_satp(reg_t x)
{
    __asm__ volatile("csrr t0, satp\nsfence.vma" ::: "t0");
    return x;
}

static reg_t do_wfi(reg_t x)
{
    __asm__ volatile("wfi");
    return x;
}

static void modes(void)
{
    struct trap *t = my_trap();

    csr_write(medeleg, 0);
    trap_clear();
    CHECK_EQ(enter_mode(MODE_U, do_ecall, 4, 0), 5);
    CHECK_EQ(t->cause, ECALL_U);
    CHECK_EQ(t->mstatus & MSTATUS_MPP, 0);
    trap_clear();
    CHECK_EQ(enter_mode(MODE_S, do_ecall, 4, 0), 5);
    CHECK_EQ(t->cause, ECALL_S);
    CHECK_EQ(t->mstatus & MSTATUS_MPP, 1ul << 11);
    /* Lower modes do not see machine CSRs, and U not even supervisor ones. */
    trap_clear();
    enter_mode(MODE_S, read_mstatus, 0, 0);
    CHECK_EQ(t->cause, ILLEGAL);
    trap_clear();
    enter_mode(MODE_U, do_satp, 0, 0);
    CHECK_EQ(t->count, 2);
    trap_clear();
    enter_mode(MODE_U, do_sret, 0, 0);
    CHECK_EQ(t->cause, ILLEGAL);
    /* TVM, TW and TSR trap what S-mode may do otherwise. */
    trap_clear();
    enter_mode(MODE_S, do_satp, 0, 0);
    CHECK_EQ(t->count, 0);
    csr_set(mstatus, MSTATUS_TVM | MSTATUS_TSR);
    trap_clear();
    enter_mode(MODE_S, do_satp, 0, 0);
    CHECK_EQ(t->count, 2);
    trap_clear();
    enter_mode(MODE_S, do_sret, 0, 0);
    CHECK_EQ(t->cause, ILLEGAL);
    csr_clear(mstatus, MSTATUS_TVM | MSTATUS_TSR);
    csr_set(mstatus, MSTATUS_TW);
    trap_clear();
    enter_mode(MODE_S, do_wfi, 0, 0);
    CHECK_EQ(t->cause, ILLEGAL);
    trap_clear();
    enter_mode(MODE_U, do_wfi, 0, 0);
    CHECK_EQ(t->cause, ILLEGAL);
    csr_clear(mstatus, MSTATUS_TW);
}

static void delegation(void)
{
    reg_t all = 0;

    /* Delegated to S: M sees nothing, S sees cause, epc, SPP and SPIE; ECALL_M cannot be delegated. */
    csr_write(medeleg, ~0ul);
    all = csr_read(medeleg);
    CHECK_EQ(all >> ECALL_M & 1, 0);
    csr_write(medeleg, 1ul << ILLEGAL);
    csr_write(stvec, s_trap_entry);
    csr_write(sstatus, (csr_read(sstatus) & ~MSTATUS_SPP) | MSTATUS_SIE);
    trap_clear();
    s_cause = 77;
    CHECK_EQ(enter_mode(MODE_U, do_illegal, 5, 0), 7);
    CHECK_EQ(my_trap()->count, 0);
    CHECK_EQ(s_cause, ILLEGAL);
    CHECK_EQ(s_epc, (reg_t)do_illegal & ~0ul);
    CHECK_EQ(s_sstatus & MSTATUS_SPP, 0);
    CHECK_EQ(s_sstatus & MSTATUS_SIE, 0);
    CHECK_EQ(s_sstatus & MSTATUS_SPIE, MSTATUS_SPIE);
    s_cause = 77;
    CHECK_EQ(enter_mode(MODE_S, do_illegal, 5, 0), 7);
    CHECK_EQ(s_cause, ILLEGAL);
    CHECK_EQ(s_sstatus & MSTATUS_SPP, MSTATUS_SPP);
    /* The same trap in M-mode is never delegated. */
    s_cause = 77;
    CHECK_EQ(TRY(".word 0"), ILLEGAL);
    CHECK_EQ(s_cause, 77);
    csr_write(medeleg, 0);
    csr_write(sstatus, csr_read(sstatus) & ~MSTATUS_SIE);
}

static void vectors(void)
{
    /* mret: MPP goes to U, MIE takes MPIE, MPIE becomes 1, MPRV is cleared when leaving M. */
    csr_set(mstatus, MSTATUS_MPRV);
    enter_mode(MODE_U, do_illegal, 0, 0);
    CHECK_EQ(my_trap()->mstatus & MSTATUS_MPRV, 0);
    csr_clear(mstatus, MSTATUS_MPRV);
    /* A trap saves MIE in MPIE and clears it. */
    csr_write(mie, 0);
    csr_set(mstatus, MSTATUS_MIE);
    TRY("ecall");
    CHECK_EQ(my_trap()->mstatus & MSTATUS_MPIE, MSTATUS_MPIE);
    CHECK_EQ(my_trap()->mstatus & MSTATUS_MIE, 0);
    CHECK_EQ(my_trap()->mstatus & MSTATUS_MPP, MSTATUS_MPP);
    CHECK_EQ(csr_read(mstatus) & MSTATUS_MIE, MSTATUS_MIE); /* restored by mret */
    CHECK_EQ(csr_read(mstatus) & MSTATUS_MPP, 0);           /* least privileged mode after mret */
    csr_clear(mstatus, MSTATUS_MIE);
}

int test_main(reg_t hart)
{
    open_pmp();
    illegal();
    addresses();
    modes();
    delegation();
    vectors();
    return 0;
}

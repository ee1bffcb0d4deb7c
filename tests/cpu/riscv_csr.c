/* SPDX-License-Identifier: Apache-2.0
 *
 * riscv_csr.c - CSR instructions and what registers do: access rules, WARL fields, counters; and
 * the helpers of cache blocks and carry-less products.
 */
#include <criterion/criterion.h>

#include "riscv_fake.h"

static uint64_t call(struct hart *h, enum riscv_helper helper, uint64_t a, uint32_t insn)
{
    return riscv_helpers[helper].fn(h, a, 0, (int32_t)insn);
}

Test(csr, access_rules)
{
    static const struct {
        uint32_t number, kind, rs1, priv;
        bool allowed;
    } cases[] = {
        {0x300, 2, 0, PRIV_M, true},  {0x300, 2, 0, PRIV_S, false}, /* too little privilege */
        {0x100, 2, 0, PRIV_S, true},  {0x100, 2, 0, PRIV_U, false}, {0xf14, 2, 0, PRIV_M, true},
        {0xf14, 2, 5, PRIV_M, false}, /* read-only: even csrs of x5 = 0 writes */
        {0xf14, 1, 0, PRIV_M, false}, {0xf14, 6, 0, PRIV_M, true},  {0x7c0, 2, 0, PRIV_M, false},
        {0x744, 2, 0, PRIV_M, false},                               /* do not exist */
        {0xc00, 2, 0, PRIV_M, true},  {0xc00, 2, 0, PRIV_S, false}, /* mcounteren is clear */
        {0xc80, 2, 0, PRIV_M, false}, {0x310, 2, 0, PRIV_M, false}, /* RV32 only */
        {0x001, 2, 0, PRIV_M, false},                               /* FS is Off */
        {0x7a0, 1, 5, PRIV_M, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct hart *h = fake_hart("rv64gc", 0);

        fake_priv(h, cases[i].priv);
        cr_assert_eq(fake_csr(h, cases[i].number, cases[i].kind, 6, cases[i].rs1, 0),
                     cases[i].allowed, "case %zu", i);
        if (!cases[i].allowed) {
            cr_assert_eq(h->mcause, CAUSE_ILLEGAL);
            cr_assert_eq(h->x[6], 0);
        }
        free(h);
    }
}

Test(csr, missing_modes_and_extensions_take_theirs_along)
{
    struct hart *h = fake_hart("rv64gc", 1u << EXT_S | 1u << EXT_F | 1u << EXT_D);

    cr_assert_not(fake_csr(h, 0x180, 2, 6, 0, 0));
    cr_assert_not(fake_csr(h, 0x302, 2, 6, 0, 0));
    cr_assert_not(fake_csr(h, 0x003, 2, 6, 0, 0));
    fake_write(h, 0x300, UINT64_MAX);
    cr_assert_eq(fake_read(h, 0x300) &
                     (MSTATUS_FS | MSTATUS_SIE | MSTATUS_SPP | MSTATUS_SUM | MSTATUS_TVM),
                 0);
    cr_assert_eq(fake_read(h, 0x301) & 0x3ffffff,
                 1u << 0 | 1u << 1 | 1u << 2 | 1u << 8 | 1u << 12 | 1u << 20, "A B C I M U");
    free(h);
    cr_assert_null(fake_hart("rv64gc", 1u << EXT_F));
    cr_assert_str_eq(fake.error,
                     "d: double precision includes single precision: set f too, or d: false");
    cr_assert_null(fake_hart("rv64gc", 1u << EXT_U));
}

Test(csr, mstatus_fields)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_write(h, 0x300, UINT64_C(2) << MSTATUS_MPP_SHIFT);
    cr_assert_eq((h->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT, PRIV_U,
                 "the reserved value is not taken");
    fake_write(h, 0x300, MSTATUS_FS);
    cr_assert_eq(fake_read(h, 0x300), MSTATUS_FS | MSTATUS_SD64 | MSTATUS_UXL_64 | MSTATUS_SXL_64);
    cr_assert_eq(fake_read(h, 0x100), MSTATUS_FS | MSTATUS_SD64 | MSTATUS_UXL_64);
    fake_write(h, 0x300, MSTATUS_FS & (MSTATUS_FS >> 1));
    cr_assert_eq(fake_read(h, 0x300) & (MSTATUS_SD64 | MSTATUS_FS), UINT64_C(1)
                                                                        << MSTATUS_FS_SHIFT);
    free(h);
}

Test(csr, fcsr_makes_fp_state_dirty)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_write(h, 0x300, UINT64_C(1) << MSTATUS_FS_SHIFT);
    cr_assert_eq(fake_read(h, 0x003), 0);
    cr_assert_eq(h->mode >> MODE_FP_SHIFT & 3, MODE_FP_CLEAN);
    fake_write(h, 0x003, 0xfff);
    cr_assert_eq(fake_read(h, 0x003), 0xff);
    cr_assert_eq(h->mode >> MODE_FP_SHIFT & 3, MODE_FP_DIRTY);
    cr_assert_eq(h->mode >> MODE_FRM_SHIFT & 7, 7);
    fake_write(h, 0x002, 1);
    fake_write(h, 0x001, 3);
    cr_assert_eq(fake_read(h, 0x003), 1 << 5 | 3);
    free(h);
}

Test(csr, set_and_clear)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_write(h, 0x340, 0xff00);
    fake_csr(h, 0x340, 2, 7, 5, 0x00ff);
    cr_assert_eq(h->x[7], 0xff00);
    fake_csr(h, 0x340, 3, 7, 5, 0x0ff0);
    cr_assert_eq(h->x[7], 0xffff);
    fake_csr(h, 0x340, 5, 7, 0x1f, 0); /* csrrwi */
    cr_assert_eq(h->x[7], 0xf00f);
    fake_csr(h, 0x340, 7, 7, 3, 0); /* csrrci */
    cr_assert_eq(fake_read(h, 0x340), 0x1c);
    free(h);
}

Test(csr, rv32_registers_sign_extend)
{
    struct hart *h = fake_hart("rv32gc", 0);

    fake_write(h, 0x340, 0x80000000);
    cr_assert_eq(fake_read(h, 0x340), UINT64_C(0xffffffff80000000));
    cr_assert_eq(h->mscratch, 0x80000000);
    free(h);
}

Test(csr, epc_alignment_follows_c)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake_write(h, 0x341, 0x1007);
    cr_assert_eq(fake_read(h, 0x341), 0x1006);
    free(h);
    h = fake_hart("rv64gc", 1u << EXT_C);
    fake_write(h, 0x341, 0x1007);
    cr_assert_eq(fake_read(h, 0x341), 0x1004);
    free(h);
}

Test(csr, counters)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake.retired = 100;
    cr_assert_eq(fake_read(h, 0xc02), 100);
    fake_write(h, 0xb02, 7); /* the instruction behind the write reads 7 */
    fake.retired = 101;
    cr_assert_eq(fake_read(h, 0xc02), 7);
    fake_write(h, 0x320, UINT64_MAX);
    cr_assert_eq(fake_read(h, 0x320), 5, "only CY and IR exist");
    fake.retired = 200;
    cr_assert_eq(fake_read(h, 0xb02), 7);
    fake_write(h, 0xb02, 50);
    cr_assert_eq(fake_read(h, 0xb02), 50);
    fake_write(h, 0x320, 0);
    fake.retired = 201;
    cr_assert_eq(fake_read(h, 0xb02), 50);
    fake.retired = 202;
    cr_assert_eq(fake_read(h, 0xb02), 51);
    cr_assert_eq(fake_read(h, 0xb03), 0);
    free(h);
}

/* The accelerator does not count what leaves the block through a helper. */
Test(csr, instructions_that_leave_are_counted_here)
{
    struct hart *h = fake_hart("rv64gc", 0);
    uint64_t before = fake_read(h, 0xb02);

    call(h, HELPER_FENCE_I, 0, 0x0000100f);
    cr_assert_eq(fake_read(h, 0xb02), before + 1);
    call(h, HELPER_ECALL, 0, 0x73); /* a trap does not retire */
    cr_assert_eq(fake_read(h, 0xb02), before + 1);
    free(h);
}

Test(csr, counter_access_needs_both_enables)
{
    struct hart *h = fake_hart("rv64gc", 0);

    fake.time = 77;
    fake_write(h, 0x306, 1u << COUNTER_TM);
    fake_priv(h, PRIV_S);
    cr_assert_eq(fake_read(h, 0xc01), 77);
    fake_priv(h, PRIV_U);
    cr_assert_not(fake_csr(h, 0xc01, 2, 6, 0, 0));
    fake_write(h, 0x106, 1u << COUNTER_TM);
    fake_priv(h, PRIV_U);
    cr_assert_eq(fake_read(h, 0xc01), 77);
    free(h);
}

/* --- cache blocks --------------------------------------------------------- */

Test(cbo, enables)
{
    struct hart *h = fake_hart("rv64gc", 0);
    const uint32_t zero = 0x0045200f, inval = 0x0005200f, clean = 0x0015200f;

    cr_assert_eq(call(h, HELPER_CBO_ZERO, 0, zero), 0);
    fake_priv(h, PRIV_S);
    cr_assert_eq(call(h, HELPER_CBO_ZERO, 0, zero), 1);
    cr_assert_eq(h->mcause, CAUSE_ILLEGAL);
    fake_write(h, 0x30a, ENVCFG_CBZE | ENVCFG_CBCFE | UINT64_C(2) << ENVCFG_CBIE_SHIFT);
    cr_assert_eq(fake_read(h, 0x30a), ENVCFG_CBZE | ENVCFG_CBCFE, "CBIE 2 is reserved");
    fake_write(h, 0x3b0, UINT64_MAX);
    fake_write(h, 0x3a0, PMP_A_NAPOT | PMP_R);
    fake_priv(h, PRIV_S);
    cr_assert_eq(call(h, HELPER_CBO_ZERO, 0, zero), 0);
    cr_assert_eq(call(h, HELPER_CBO_MANAGE, FAKE_BASE, clean), 0);
    cr_assert_eq(call(h, HELPER_CBO_MANAGE, FAKE_BASE, inval), 1);
    fake_priv(h, PRIV_U);
    cr_assert_eq(call(h, HELPER_CBO_ZERO, 0, zero), 1, "senvcfg forbids it");
    fake_write(h, 0x3a0, PMP_A_NAPOT | PMP_X);
    fake_priv(h, PRIV_S);
    cr_assert_eq(call(h, HELPER_CBO_MANAGE, FAKE_BASE + 8, clean), 1);
    cr_assert_eq(h->mcause, CAUSE_STORE_ACCESS);
    cr_assert_eq(h->mtval, FAKE_BASE + 8);
    free(h);
}

/* --- carry-less products -------------------------------------------------- */

Test(clmul, products)
{
    const struct bp_cpu_helper *f = riscv_helpers;

    cr_assert_eq(f[HELPER_CLMUL].fn(NULL, 3, 3, 64), 5);
    cr_assert_eq(f[HELPER_CLMUL].fn(NULL, UINT64_MAX, UINT64_MAX, 64),
                 UINT64_C(0x5555555555555555));
    cr_assert_eq(f[HELPER_CLMULH].fn(NULL, UINT64_MAX, UINT64_MAX, 64),
                 UINT64_C(0x5555555555555555));
    cr_assert_eq(f[HELPER_CLMULR].fn(NULL, UINT64_MAX, UINT64_MAX, 64),
                 UINT64_C(0xaaaaaaaaaaaaaaaa));
    /* 32 bits: operands arrive sign-extended */
    cr_assert_eq((uint32_t)f[HELPER_CLMULH].fn(NULL, UINT64_MAX, UINT64_MAX, 32), 0x55555555);
    cr_assert_eq((uint32_t)f[HELPER_CLMULR].fn(NULL, UINT64_MAX, UINT64_MAX, 32), 0xaaaaaaaa);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_random.c - fp.h against its reference on seeded random operands, every operation, type and
 * rounding mode, with and without NaN boxing; and the floating-point environment that fp_begin()
 * and fp_end() switch.
 */
#include <criterion/criterion.h>

#include <backplane/ir.h>

#include "../../plugins/accel/common/fp.h"
#include "../../plugins/accel/common/ir_info.h"
#include "fp_eval.h"
#include "rng.h"

#ifndef FP_RANDOM_COUNT
#define FP_RANDOM_COUNT 40000 /* per operation, type and mode */
#endif

/* --- operands --------------------------------------------------------------------------------- */

static uint64_t random_exponent(struct rng *rng, uint64_t exponents)
{
    uint64_t p = exponents == 256 ? 24 : 53, bias = exponents / 2 - 1;
    uint64_t near[] = {
        0,        1,         2,        p,         bias - p,      bias - 1,      bias,
        bias + 1, bias + 31, bias + p, bias + 63, exponents - p, exponents - 2, exponents - 1};

    if (rng_below(rng, 2))
        return rng_next(rng) % exponents;
    return (near[rng_below(rng, sizeof near / sizeof *near)] + rng_below(rng, 5) - 2) % exponents;
}

/* Significands that are uniform, or a run of ones: those make ties and carries. */
static uint64_t random_real(struct rng *rng, uint8_t type)
{
    unsigned fraction_bits = type == BP_T_F32 ? 23 : 52, bits = type == BP_T_F32 ? 32 : 64;
    uint64_t mask = ((uint64_t)1 << fraction_bits) - 1, fraction = rng_next(rng);

    if (rng_below(rng, 2))
        fraction = ((uint64_t)1 << rng_below(rng, fraction_bits + 1)) -
                   ((uint64_t)1 << rng_below(rng, fraction_bits + 1));
    return (uint64_t)rng_below(rng, 2) << (bits - 1) |
           random_exponent(rng, (uint64_t)1 << (bits - 1 - fraction_bits)) << fraction_bits |
           (fraction & mask);
}

/* A slot for a source of this type; sometimes badly boxed. */
static uint64_t random_slot(struct rng *rng, uint8_t type)
{
    uint64_t v = random_real(rng, type);

    if (type == BP_T_F32)
        v |= rng_below(rng, 16) ? 0xffffffff00000000u : rng_next(rng) << 32;
    return v;
}

static uint64_t random_integer(struct rng *rng)
{
    uint64_t v = rng_next(rng) >> rng_below(rng, 64);

    if (rng_below(rng, 4) == 0)
        v = ((uint64_t)1 << rng_below(rng, 64)) + rng_below(rng, 3) - 1;
    return rng_below(rng, 2) ? v : 0 - v;
}

/* Close to b in magnitude, so that sums cancel and comparisons are narrow. */
static uint64_t neighbour(struct rng *rng, uint8_t type, uint64_t v)
{
    return (v ^ (uint64_t)rng_below(rng, 2) << (type == BP_T_F32 ? 31 : 63)) ^ rng_below(rng, 4);
}

/* --- comparison ------------------------------------------------------------------------------- */

static void compare(struct rng *rng, uint8_t op, uint8_t type, uint32_t x)
{
    uint8_t source = op == BP_IR_FCVTFF ? (uint8_t)(BP_T_F32 + BP_T_F64 - type) : type;
    uint64_t in[3], mine, theirs;
    uint32_t flags, before = rng_below(rng, 32) & rng_below(rng, 32), expected = before;

    for (int i = 0; i < 3; i++)
        in[i] = random_slot(rng, source);
    if (op == BP_IR_FCVTFI)
        in[0] = random_integer(rng);
    else if (rng_below(rng, 3) == 0)
        in[1] = neighbour(rng, type, in[0]);
    if (rng_below(rng, 3) == 0) { /* a fused operation that cancels */
        flags = 0;
        in[2] = neighbour(rng, type, fp_reference(BP_IR_FMUL, type, in[0], in[1], 0, x, &flags));
    }
    flags = before;
    mine = fp_eval(op, type, in[0], in[1], in[2], x, &flags);
    theirs = fp_reference(op, type, in[0], in[1], in[2], x, &expected);
    cr_assert(mine == theirs && flags == expected,
              "%s.%s x=0x%x %llx %llx %llx: %llx flags %x, reference %llx flags %x",
              ir_infos[op].text, ir_type_names[type], x, (unsigned long long)in[0],
              (unsigned long long)in[1], (unsigned long long)in[2], (unsigned long long)mine, flags,
              (unsigned long long)theirs, expected);
}

static void compare_op(uint8_t op, int count)
{
    struct rng rng = {.state = 0x5eed0000u + op};

    fp_init();
    for (uint8_t type = BP_T_F32; type <= BP_T_F64; type++) {
        if (!ir_type_allowed(&ir_infos[op], type))
            continue;
        for (int i = 0; i < count; i++) {
            for (uint32_t rm = BP_RM_RNE; rm <= BP_RM_RMM; rm++) {
                uint32_t x = rm | (rng_below(&rng, 2) ? BP_FP_BOX : 0);
                compare(&rng, op, type,
                        ir_infos[op].format == IR_F_DAIX ? x | (rng_below(&rng, 4) << 4) : x);
            }
        }
    }
}

Test(fp_random, every_operation)
{
    for (int op = BP_IR_FADD; op <= BP_IR_FBOX; op++)
        compare_op((uint8_t)op, FP_RANDOM_COUNT);
}

/* --- the environment -------------------------------------------------------------------------- */

#define ONE      0x3ff0000000000000u
#define TINY     1u
#define HALF_ULP 0x3ca0000000000000u

Test(fp_random, flags_survive_begin_and_end)
{
    fp_init();
    for (uint32_t flags = 0; flags < 32; flags++) {
        uint32_t host = fp_begin(flags);
        cr_expect_eq(fp_flags_get(), flags);
        fp_flags_set(~flags & 31);
        cr_expect_eq(fp_flags_get(), ~flags & 31);
        fp_raise(flags);
        cr_expect_eq(fp_end(host), 31u);
    }
}

Test(fp_random, flags_are_sticky)
{
    uint32_t host, rm;

    fp_init();
    host = fp_begin(FP_DZ);
    for (rm = BP_RM_RNE; rm <= BP_RM_RMM; rm++)
        fp_fadd_d(ONE, HALF_ULP, rm);
    cr_expect_eq(fp_flags_get(), FP_DZ | FP_NX);
    fp_flags_set(0);
    fp_fadd_d(ONE, ONE, BP_RM_RNE);
    cr_expect_eq(fp_end(host), 0u);
}

/* Every static mode leaves the host rounding to nearest, as the next operation relies on. */
Test(fp_random, static_modes_do_not_leak)
{
    uint32_t host;

    fp_init();
    host = fp_begin(0);
    for (uint32_t rm = BP_RM_RNE; rm <= BP_RM_RMM; rm++) {
        fp_fadd_d(ONE, HALF_ULP, rm);
        fp_fmadd_d(ONE, ONE, HALF_ULP, rm);
        fp_fcvtif_d(ONE | 1, rm | BP_FP_INT_S64);
        fp_fcvtff_f(ONE | 1, rm);
        cr_expect_eq(fp_fadd_d(ONE | 1, HALF_ULP, BP_RM_RNE), ONE + 2, "after mode %u", rm);
        cr_expect_eq(fp_fadd_d(ONE, HALF_ULP, BP_RM_RNE), ONE, "after mode %u", rm);
    }
    fp_end(host);
}

#ifdef ACCEL_FP_HOST_X86_H

#define MXCSR_FLUSH 0x8040u /* flush to zero, and denormals are zero */

Test(fp_random, host_environment_is_kept)
{
    uint32_t before = fp_mxcsr_get(),
             odd = (before & ~FP_MXCSR_ROUND) | FP_MXCSR_UP | MXCSR_FLUSH | 4u, host;

    fp_init();
    fp_mxcsr_set(odd);
    host = fp_begin(0);
    cr_expect_eq(fp_fadd_d(TINY, TINY, BP_RM_RNE), 2 * TINY,
                 "the host's flush to zero reached the guest");
    cr_expect_eq(fp_fadd_d(ONE, HALF_ULP, BP_RM_RNE), ONE,
                 "the host's rounding mode reached the guest");
    cr_expect_eq(fp_end(host), FP_NX, "the host's flags reached the guest");
    cr_expect_eq(fp_mxcsr_get(), odd);
    fp_mxcsr_set(before);
}

/* What a host without FMA3 does: the software path. */
Test(fp_random, without_fma)
{
    fp_init();
    for (int op = BP_IR_FMADD; op <= BP_IR_FNMADD; op++) {
        struct rng rng = {.state = 77u + (unsigned)op};
        fp_host_has_fma = 0;
        for (int i = 0; i < FP_RANDOM_COUNT / 4; i++)
            for (uint8_t type = BP_T_F32; type <= BP_T_F64; type++)
                compare(&rng, (uint8_t)op, type,
                        rng_below(&rng, 5) | (rng_below(&rng, 2) ? BP_FP_BOX : 0));
    }
}

#endif

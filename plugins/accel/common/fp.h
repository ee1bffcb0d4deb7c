/* SPDX-License-Identifier: Apache-2.0
 *
 * fp.h - the floating-point operations of the IR, evaluated on the host: IEEE 754-2019 with the
 * choices of the RISC-V unprivileged manual (chapters "F" and "D"): canonical NaNs, tininess after
 * rounding, saturating conversions.
 *
 * One function per operation and type, named after ir_ops.def: fp_fadd_d(a, b, x) is FADD of type
 * F64, fp_fadd_f of F32. Arguments and results are 64-bit slots; x is the op's x (BP_RM_*,
 * BP_FP_BOX, BP_FP_INT_*). They are inline: called with a constant x they shrink to the host
 * instruction and a NaN test.
 *
 * Accrued exceptions stay in the host's status register (MXCSR on x86-64) while guest code runs, so
 * that ordinary operations need not touch them. Code that runs a guest is therefore bracketed:
 *
 *     fp_init();                               // once per process, any thread, may be repeated
 *     uint32_t host = fp_begin(guest_fflags);  // no traps, to nearest, no flush to zero
 *     ...fp_fadd_d() and friends...
 *     guest_fflags = fp_end(host);
 *
 * Between the two, code that is not the guest's (helpers, devices, anything that may compute with
 * doubles) has to be bracketed the other way, fp_end() before and fp_begin() after, or its
 * exceptions become the guest's. The rounding mode is nearest whenever no function of this file is
 * running.
 *
 * Flags in arguments and results are RISC-V fflags bits: NV 16, DZ 8, OF 4, UF 2, NX 1 (FP_NV ...).
 * All functions: thread-safe, cannot fail. x must be valid (the verifier checks it): a rounding
 * mode above RMM counts as RMM.
 */
#ifndef ACCEL_FP_H
#define ACCEL_FP_H

#include <stdint.h>
#include <string.h>

#include <backplane/ir.h>

#include "fp_soft.h"

/* Bit patterns of a value, by type letter. */
typedef uint32_t fp_raw_f;
typedef uint64_t fp_raw_d;

#define FP_LIKELY(c)   __builtin_expect(!!(c), 1)
#define FP_UNLIKELY(c) __builtin_expect(!!(c), 0)

#define FP_SIGN_F 0x80000000u
#define FP_SIGN_D 0x8000000000000000u
#define FP_INF_F  0x7f800000u
#define FP_INF_D  0x7ff0000000000000u
#define FP_NAN_F  0x7fc00000u /* the canonical quiet NaN */
#define FP_NAN_D  0x7ff8000000000000u
#define FP_BOXED  0xffffffff00000000u

/* The host's side: fp_begin(), fp_end(), fp_flags_get(), fp_flags_set(), fp_raise(),
 * fp_round_enter/leave() and fp_host_*(), which round by the host's current mode and accrue into
 * its status register. */
#if defined(__x86_64__) && !defined(FP_PORTABLE)
#include "fp_host_x86.h"
#else
#include "fp_host_portable.h"
#endif

/* --- slots ------------------------------------------------------------------------------------ */

static inline int fp_is_nan_f(uint32_t v)
{
    return (v & ~FP_SIGN_F) > FP_INF_F;
}

static inline int fp_is_nan_d(uint64_t v)
{
    return (v & ~FP_SIGN_D) > FP_INF_D;
}

static inline int fp_is_snan_f(uint32_t v)
{
    return fp_is_nan_f(v) && !(v & 0x00400000u);
}

static inline int fp_is_snan_d(uint64_t v)
{
    return fp_is_nan_d(v) && !(v & 0x0008000000000000u);
}

/* The value in a source slot. */
static inline uint32_t fp_in_f(uint64_t slot, uint32_t x)
{
    return FP_UNLIKELY((x & BP_FP_BOX) && slot < FP_BOXED) ? FP_NAN_F : (uint32_t)slot;
}

static inline uint64_t fp_in_d(uint64_t slot, uint32_t x)
{
    return slot;
}

/* The destination slot for a value. */
static inline uint64_t fp_out_f(uint32_t v, uint32_t x)
{
    return x & BP_FP_BOX ? FP_BOXED | v : v;
}

static inline uint64_t fp_out_d(uint64_t v, uint32_t x)
{
    return v;
}

static inline uint32_t fp_canon_f(uint32_t v)
{
    return FP_UNLIKELY(fp_is_nan_f(v)) ? FP_NAN_F : v;
}

static inline uint64_t fp_canon_d(uint64_t v)
{
    return FP_UNLIKELY(fp_is_nan_d(v)) ? FP_NAN_D : v;
}

/* --- arithmetic ------------------------------------------------------------------------------- */

/* fp_OP_T(): to nearest on the host, here; other modes by fp_OP_T_rm() in fp_round.c. */
#define FP_ARITH1(op, t)                                                                           \
    uint64_t fp_##op##_##t##_rm(uint64_t a, uint32_t x);                                           \
    static inline uint64_t fp_##op##_##t(uint64_t a, uint32_t x)                                   \
    {                                                                                              \
        if (FP_UNLIKELY((x & BP_RM_MASK) != BP_RM_RNE))                                            \
            return fp_##op##_##t##_rm(a, x);                                                       \
        return fp_out_##t(fp_canon_##t(fp_host_##op##_##t(fp_in_##t(a, x))), x);                   \
    }

#define FP_ARITH2(op, t)                                                                           \
    uint64_t fp_##op##_##t##_rm(uint64_t a, uint64_t b, uint32_t x);                               \
    static inline uint64_t fp_##op##_##t(uint64_t a, uint64_t b, uint32_t x)                       \
    {                                                                                              \
        if (FP_UNLIKELY((x & BP_RM_MASK) != BP_RM_RNE))                                            \
            return fp_##op##_##t##_rm(a, b, x);                                                    \
        return fp_out_##t(fp_canon_##t(fp_host_##op##_##t(fp_in_##t(a, x), fp_in_##t(b, x))), x);  \
    }

/* The four fused operations differ in the signs of the product and the addend. fp_fma_nan_T()
 * handles NaN results: infinity times zero is invalid even with a quiet NaN as addend, which hosts
 * may leave out. */
#define FP_ARITH3(op, t, SIGN_P, SIGN_C)                                                           \
    static inline uint64_t fp_##op##_##t(uint64_t a, uint64_t b, uint64_t c, uint32_t x)           \
    {                                                                                              \
        fp_raw_##t fa = fp_in_##t(a, x) ^ (SIGN_P), fb = fp_in_##t(b, x),                          \
                   fc = fp_in_##t(c, x) ^ (SIGN_C), r;                                             \
        if (FP_UNLIKELY((x & BP_RM_MASK) != BP_RM_RNE || !fp_host_has_fma))                        \
            return fp_out_##t(fp_fma_##t##_rm(fa, fb, fc, x & BP_RM_MASK), x);                     \
        r = fp_host_fma_##t(fa, fb, fc);                                                           \
        return fp_out_##t(FP_UNLIKELY(fp_is_nan_##t(r)) ? fp_fma_nan_##t(fa, fb, fc) : r, x);      \
    }

fp_raw_f fp_fma_f_rm(fp_raw_f a, fp_raw_f b, fp_raw_f c, uint32_t rm);
fp_raw_d fp_fma_d_rm(fp_raw_d a, fp_raw_d b, fp_raw_d c, uint32_t rm);
fp_raw_f fp_fma_nan_f(fp_raw_f a, fp_raw_f b, fp_raw_f c);
fp_raw_d fp_fma_nan_d(fp_raw_d a, fp_raw_d b, fp_raw_d c);

FP_ARITH2(fadd, f)
FP_ARITH2(fadd, d)
FP_ARITH2(fsub, f)
FP_ARITH2(fsub, d)
FP_ARITH2(fmul, f)
FP_ARITH2(fmul, d)
FP_ARITH2(fdiv, f)
FP_ARITH2(fdiv, d)
FP_ARITH1(fsqrt, f)
FP_ARITH1(fsqrt, d)
FP_ARITH3(fmadd, f, 0, 0)
FP_ARITH3(fmadd, d, 0, 0)
FP_ARITH3(fmsub, f, 0, FP_SIGN_F)
FP_ARITH3(fmsub, d, 0, FP_SIGN_D)
FP_ARITH3(fnmsub, f, FP_SIGN_F, 0)
FP_ARITH3(fnmsub, d, FP_SIGN_D, 0)
FP_ARITH3(fnmadd, f, FP_SIGN_F, FP_SIGN_F)
FP_ARITH3(fnmadd, d, FP_SIGN_D, FP_SIGN_D)

#include "fp_compare.h" /* fmin fmax feq flt fle fclass fsgnj fsgnjn fsgnjx fbox */
#include "fp_convert.h" /* fcvtff fcvtfi fcvtif */

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_round.c - the parts of fp.h that stay out of line: static rounding modes other than to
 * nearest, and what the host cannot do itself.
 */
#include "fp.h"

static int host_rounds(uint32_t rm)
{
    return rm <= BP_RM_RUP; /* RNE never gets here but through the fused operations */
}

static void enter(uint32_t rm)
{
    if (rm != BP_RM_RNE)
        fp_round_enter(rm);
}

static void leave(uint32_t rm)
{
    if (rm != BP_RM_RNE)
        fp_round_leave();
}

#define ROUND1(op, t, soft)                                                                        \
    uint64_t fp_##op##_##t##_rm(uint64_t a, uint32_t x)                                            \
    {                                                                                              \
        uint32_t rm = x & BP_RM_MASK, flags = 0;                                                   \
        fp_raw_##t v = fp_in_##t(a, x);                                                            \
        if (host_rounds(rm)) {                                                                     \
            enter(rm);                                                                             \
            v = fp_canon_##t(fp_host_##op##_##t(v));                                               \
            leave(rm);                                                                             \
        } else {                                                                                   \
            v = (fp_raw_##t)soft(&fp_format_##t, v, rm, &flags);                                   \
            fp_raise(flags);                                                                       \
        }                                                                                          \
        return fp_out_##t(v, x);                                                                   \
    }

#define ROUND2(op, t, soft)                                                                        \
    uint64_t fp_##op##_##t##_rm(uint64_t a, uint64_t b, uint32_t x)                                \
    {                                                                                              \
        uint32_t rm = x & BP_RM_MASK, flags = 0;                                                   \
        fp_raw_##t v = fp_in_##t(a, x), w = fp_in_##t(b, x);                                       \
        if (host_rounds(rm)) {                                                                     \
            enter(rm);                                                                             \
            v = fp_canon_##t(fp_host_##op##_##t(v, w));                                            \
            leave(rm);                                                                             \
        } else {                                                                                   \
            v = (fp_raw_##t)soft(&fp_format_##t, v, w, rm, &flags);                                \
            fp_raise(flags);                                                                       \
        }                                                                                          \
        return fp_out_##t(v, x);                                                                   \
    }

/* Also for RNE where the host has no fused multiply-add. */
#define ROUND3(t)                                                                                  \
    fp_raw_##t fp_fma_##t##_rm(fp_raw_##t a, fp_raw_##t b, fp_raw_##t c, uint32_t rm)              \
    {                                                                                              \
        uint32_t flags = 0;                                                                        \
        fp_raw_##t r;                                                                              \
        if (host_rounds(rm) && fp_host_has_fma) {                                                  \
            enter(rm);                                                                             \
            r = fp_host_fma_##t(a, b, c);                                                          \
            leave(rm);                                                                             \
            return fp_is_nan_##t(r) ? fp_fma_nan_##t(a, b, c) : r;                                 \
        }                                                                                          \
        r = (fp_raw_##t)fp_soft_fma(&fp_format_##t, a, b, c, rm, &flags);                          \
        fp_raise(flags);                                                                           \
        return r;                                                                                  \
    }                                                                                              \
                                                                                                   \
    fp_raw_##t fp_fma_nan_##t(fp_raw_##t a, fp_raw_##t b, fp_raw_##t c)                            \
    {                                                                                              \
        uint32_t flags = 0;                                                                        \
        fp_raw_##t r = (fp_raw_##t)fp_soft_fma(&fp_format_##t, a, b, c, BP_RM_RNE, &flags);        \
        fp_raise(flags);                                                                           \
        return r;                                                                                  \
    }

ROUND2(fadd, f, fp_soft_add)
ROUND2(fadd, d, fp_soft_add)
ROUND2(fsub, f, fp_soft_sub)
ROUND2(fsub, d, fp_soft_sub)
ROUND2(fmul, f, fp_soft_mul)
ROUND2(fmul, d, fp_soft_mul)
ROUND2(fdiv, f, fp_soft_div)
ROUND2(fdiv, d, fp_soft_div)
ROUND1(fsqrt, f, fp_soft_sqrt)
ROUND1(fsqrt, d, fp_soft_sqrt)
ROUND3(f)
ROUND3(d)

/* --- conversions ------------------------------------------------------------------------------ */

static int int_bits(uint32_t x)
{
    return x & BP_FP_INT_S64 ? 64 : 32;
}

static int int_is_signed(uint32_t x)
{
    return !(x & BP_FP_INT_U32);
}

uint64_t fp_fcvtff_f_rm(uint64_t a, uint32_t x)
{
    uint32_t rm = x & BP_RM_MASK, flags = 0, v;

    if (host_rounds(rm)) {
        enter(rm);
        v = fp_canon_f(fp_host_narrow(a));
        leave(rm);
    } else {
        v = (uint32_t)fp_soft_convert(&fp_format_f, &fp_format_d, a, rm, &flags);
        fp_raise(flags);
    }
    return fp_out_f(v, x);
}

#define ROUND_CONVERT(t)                                                                           \
    uint64_t fp_fcvtfi_##t##_rm(uint64_t a, uint32_t x)                                            \
    {                                                                                              \
        uint32_t rm = x & BP_RM_MASK, flags = 0;                                                   \
        fp_raw_##t v;                                                                              \
        if (host_rounds(rm)) {                                                                     \
            enter(rm);                                                                             \
            v = fp_from_int_##t(a, x);                                                             \
            leave(rm);                                                                             \
        } else {                                                                                   \
            v = (fp_raw_##t)fp_soft_from_int(&fp_format_##t, a, int_bits(x), int_is_signed(x), rm, \
                                             &flags);                                              \
            fp_raise(flags);                                                                       \
        }                                                                                          \
        return fp_out_##t(v, x);                                                                   \
    }                                                                                              \
                                                                                                   \
    uint64_t fp_fcvtif_##t##_soft(fp_raw_##t a, uint32_t x)                                        \
    {                                                                                              \
        uint32_t flags = 0;                                                                        \
        uint64_t r = fp_soft_to_int(&fp_format_##t, a, int_bits(x), int_is_signed(x),              \
                                    x & BP_RM_MASK, &flags);                                       \
        fp_raise(flags);                                                                           \
        return r;                                                                                  \
    }                                                                                              \
                                                                                                   \
    uint64_t fp_fcvtif_##t##_rm(uint64_t a, uint32_t x)                                            \
    {                                                                                              \
        uint32_t rm = x & BP_RM_MASK;                                                              \
        uint64_t r;                                                                                \
        if (!host_rounds(rm))                                                                      \
            return fp_fcvtif_##t##_soft(fp_in_##t(a, x), x);                                       \
        enter(rm);                                                                                 \
        r = fp_to_int_##t(fp_in_##t(a, x), x, 0);                                                  \
        leave(rm);                                                                                 \
        return r;                                                                                  \
    }

ROUND_CONVERT(f)
ROUND_CONVERT(d)

/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_compare.h - the operations of fp.h that need no arithmetic: comparisons, minimum and maximum,
 * classes and signs, on the bit patterns. Included by fp.h.
 */
#ifndef ACCEL_FP_COMPARE_H
#define ACCEL_FP_COMPARE_H

/* A key that orders like the value does, with -0 just below +0 (negative magnitudes are
 * mirrored). */
static inline int32_t fp_order_f(uint32_t v)
{
    return (int32_t)(v ^ ((uint32_t) - (v >> 31) >> 1));
}

static inline int64_t fp_order_d(uint64_t v)
{
    return (int64_t)(v ^ ((uint64_t) - (v >> 63) >> 1));
}

static inline int fp_both_zero_f(uint32_t a, uint32_t b)
{
    return !((a | b) & ~FP_SIGN_F);
}

static inline int fp_both_zero_d(uint64_t a, uint64_t b)
{
    return !((a | b) & ~FP_SIGN_D);
}

#define FP_COMPARE(t)                                                                              \
    /* compareQuietEqual: invalid only for a signaling NaN. */                                     \
    static inline uint64_t fp_feq_##t(uint64_t a, uint64_t b, uint32_t x)                          \
    {                                                                                              \
        fp_raw_##t fa = fp_in_##t(a, x), fb = fp_in_##t(b, x);                                     \
        if (FP_UNLIKELY(fp_is_nan_##t(fa) || fp_is_nan_##t(fb))) {                                 \
            if (fp_is_snan_##t(fa) || fp_is_snan_##t(fb))                                          \
                fp_raise(FP_NV);                                                                   \
            return 0;                                                                              \
        }                                                                                          \
        return fa == fb || fp_both_zero_##t(fa, fb);                                               \
    }                                                                                              \
                                                                                                   \
    /* compareSignalingLess and -LessEqual: invalid for any NaN. */                                \
    static inline uint64_t fp_flt_##t(uint64_t a, uint64_t b, uint32_t x)                          \
    {                                                                                              \
        fp_raw_##t fa = fp_in_##t(a, x), fb = fp_in_##t(b, x);                                     \
        if (FP_UNLIKELY(fp_is_nan_##t(fa) || fp_is_nan_##t(fb))) {                                 \
            fp_raise(FP_NV);                                                                       \
            return 0;                                                                              \
        }                                                                                          \
        return fp_order_##t(fa) < fp_order_##t(fb) && !fp_both_zero_##t(fa, fb);                   \
    }                                                                                              \
                                                                                                   \
    static inline uint64_t fp_fle_##t(uint64_t a, uint64_t b, uint32_t x)                          \
    {                                                                                              \
        fp_raw_##t fa = fp_in_##t(a, x), fb = fp_in_##t(b, x);                                     \
        if (FP_UNLIKELY(fp_is_nan_##t(fa) || fp_is_nan_##t(fb))) {                                 \
            fp_raise(FP_NV);                                                                       \
            return 0;                                                                              \
        }                                                                                          \
        return fp_order_##t(fa) <= fp_order_##t(fb) || fp_both_zero_##t(fa, fb);                   \
    }

FP_COMPARE(f)
FP_COMPARE(d)

/* minimumNumber, maximumNumber (IEEE 754-2019, 9.6): the number if only one operand is a NaN, a
 * signaling one being invalid nevertheless; -0 is less than +0. */
#define FP_MINMAX(op, t, CMP)                                                                      \
    static inline uint64_t fp_##op##_##t(uint64_t a, uint64_t b, uint32_t x)                       \
    {                                                                                              \
        fp_raw_##t fa = fp_in_##t(a, x), fb = fp_in_##t(b, x);                                     \
        if (FP_UNLIKELY(fp_is_nan_##t(fa) || fp_is_nan_##t(fb))) {                                 \
            if (fp_is_snan_##t(fa) || fp_is_snan_##t(fb))                                          \
                fp_raise(FP_NV);                                                                   \
            return fp_out_##t(fp_canon_##t(fp_is_nan_##t(fa) ? fb : fa), x);                       \
        }                                                                                          \
        return fp_out_##t(fp_order_##t(fa) CMP fp_order_##t(fb) ? fa : fb, x);                     \
    }

FP_MINMAX(fmin, f, <)
FP_MINMAX(fmin, d, <)
FP_MINMAX(fmax, f, >)
FP_MINMAX(fmax, d, >)

#define FP_SIGN_OP(op, t, VALUE)                                                                   \
    static inline uint64_t fp_##op##_##t(uint64_t a, uint64_t b, uint32_t x)                       \
    {                                                                                              \
        fp_raw_##t fa = fp_in_##t(a, x), fb = fp_in_##t(b, x);                                     \
        return fp_out_##t(VALUE, x);                                                               \
    }

FP_SIGN_OP(fsgnj, f, (fa & ~FP_SIGN_F) | (fb & FP_SIGN_F))
FP_SIGN_OP(fsgnj, d, (fa & ~FP_SIGN_D) | (fb & FP_SIGN_D))
FP_SIGN_OP(fsgnjn, f, (fa & ~FP_SIGN_F) | (~fb & FP_SIGN_F))
FP_SIGN_OP(fsgnjn, d, (fa & ~FP_SIGN_D) | (~fb & FP_SIGN_D))
FP_SIGN_OP(fsgnjx, f, fa ^ (fb & FP_SIGN_F))
FP_SIGN_OP(fsgnjx, d, fa ^ (fb & FP_SIGN_D))

/* RISC-V unprivileged manual, "Floating-Point Classify Instruction": bits 0..9 are -inf, -normal,
 * -subnormal, -0, +0, +subnormal, +normal, +inf, signaling NaN, quiet NaN. */
#define FP_CLASS(t, SIGN, INF, LEAST_NORMAL)                                                       \
    static inline uint64_t fp_fclass_##t(uint64_t a, uint32_t x)                                   \
    {                                                                                              \
        fp_raw_##t v = fp_in_##t(a, x), magnitude = v & ~(SIGN);                                   \
        int rank; /* 0 zero, 1 subnormal, 2 normal, 3 infinity */                                  \
        if (magnitude > (INF))                                                                     \
            return fp_is_snan_##t(v) ? 1u << 8 : 1u << 9;                                          \
        rank = (magnitude != 0) + (magnitude >= (LEAST_NORMAL)) + (magnitude == (INF));            \
        return 1u << (v & (SIGN) ? 3 - rank : 4 + rank);                                           \
    }

FP_CLASS(f, FP_SIGN_F, FP_INF_F, 0x00800000u)
FP_CLASS(d, FP_SIGN_D, FP_INF_D, 0x0010000000000000u)

static inline uint64_t fp_fbox_f(uint64_t a)
{
    return FP_BOXED | (uint32_t)a;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_convert.h - the conversions of fp.h. Included by fp.h.
 */
#ifndef ACCEL_FP_CONVERT_H
#define ACCEL_FP_CONVERT_H

/* FCVTFF, named after the type of the result. */
uint64_t fp_fcvtff_f_rm(uint64_t a, uint32_t x);

static inline uint64_t fp_fcvtff_f(uint64_t a, uint32_t x)
{
    if (FP_UNLIKELY((x & BP_RM_MASK) != BP_RM_RNE))
        return fp_fcvtff_f_rm(a, x);
    return fp_out_f(fp_canon_f(fp_host_narrow(a)), x);
}

static inline uint64_t fp_fcvtff_d(uint64_t a, uint32_t x)
{
    return fp_canon_d(fp_host_widen(fp_in_f(a, x))); /* exact: no rounding mode */
}

/* FCVTFI. A 64-bit unsigned integer beyond the signed range is halved, the lost bit kept as a
 * sticky one far below the significand, and the result doubled, which is exact. */
#define FP_FROM_INT(t)                                                                             \
    static inline fp_raw_##t fp_from_int_##t(uint64_t a, uint32_t x)                               \
    {                                                                                              \
        fp_raw_##t half;                                                                           \
        switch (x & BP_FP_INT_MASK) {                                                              \
        case BP_FP_INT_S32:                                                                        \
            return fp_host_from_s32_##t((int32_t)a);                                               \
        case BP_FP_INT_U32:                                                                        \
            return fp_host_from_s64_##t((uint32_t)a);                                              \
        case BP_FP_INT_S64:                                                                        \
            return fp_host_from_s64_##t((int64_t)a);                                               \
        default:                                                                                   \
            if (FP_LIKELY((int64_t)a >= 0))                                                        \
                return fp_host_from_s64_##t((int64_t)a);                                           \
            half = fp_host_from_s64_##t((int64_t)(a >> 1 | (a & 1)));                              \
            return fp_host_fadd_##t(half, half);                                                   \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    uint64_t fp_fcvtfi_##t##_rm(uint64_t a, uint32_t x);                                           \
    static inline uint64_t fp_fcvtfi_##t(uint64_t a, uint32_t x)                                   \
    {                                                                                              \
        if (FP_UNLIKELY((x & BP_RM_MASK) != BP_RM_RNE))                                            \
            return fp_fcvtfi_##t##_rm(a, x);                                                       \
        return fp_out_##t(fp_from_int_##t(a, x), x);                                               \
    }

FP_FROM_INT(f)
FP_FROM_INT(d)

/*
 * FCVTIF. Signed: the host says "lowest integer" for what does not fit and flags Invalid; only the
 * value has to be chosen anew, by sign. Unsigned: the host's signed 64-bit conversion serves
 * non-negative values that surely fit (SURE is the pattern of the largest such value; negative ones
 * and NaNs compare greater), the rest is done in software because the host would flag Inexact where
 * only Invalid is due.
 */
#define FP_TO_INT(t, SIGN, SURE_U32, SURE_U64)                                                     \
    uint64_t fp_fcvtif_##t##_soft(fp_raw_##t a, uint32_t x);                                       \
    static inline uint64_t fp_to_int_##t(fp_raw_##t a, uint32_t x, int trunc)                      \
    {                                                                                              \
        int32_t w;                                                                                 \
        int64_t l;                                                                                 \
        int negative = (a & (SIGN)) && !fp_is_nan_##t(a);                                          \
        switch (x & BP_FP_INT_MASK) {                                                              \
        case BP_FP_INT_S32:                                                                        \
            w = trunc ? fp_host_trunc_s32_##t(a) : fp_host_to_s32_##t(a);                          \
            if (FP_UNLIKELY(w == INT32_MIN) && !negative)                                          \
                w = INT32_MAX;                                                                     \
            return (uint64_t)(int64_t)w;                                                           \
        case BP_FP_INT_S64:                                                                        \
            l = trunc ? fp_host_trunc_s64_##t(a) : fp_host_to_s64_##t(a);                          \
            if (FP_UNLIKELY(l == INT64_MIN) && !negative)                                          \
                l = INT64_MAX;                                                                     \
            return (uint64_t)l;                                                                    \
        case BP_FP_INT_U32:                                                                        \
            if (FP_UNLIKELY(a > (SURE_U32)))                                                       \
                return fp_fcvtif_##t##_soft(a, x);                                                 \
            l = trunc ? fp_host_trunc_s64_##t(a) : fp_host_to_s64_##t(a);                          \
            return (uint64_t)(int32_t)l;                                                           \
        default:                                                                                   \
            if (FP_UNLIKELY(a > (SURE_U64)))                                                       \
                return fp_fcvtif_##t##_soft(a, x);                                                 \
            return (uint64_t)(trunc ? fp_host_trunc_s64_##t(a) : fp_host_to_s64_##t(a));           \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    uint64_t fp_fcvtif_##t##_rm(uint64_t a, uint32_t x);                                           \
    static inline uint64_t fp_fcvtif_##t(uint64_t a, uint32_t x)                                   \
    {                                                                                              \
        uint32_t rm = x & BP_RM_MASK;                                                              \
        if (FP_UNLIKELY(rm > BP_RM_RTZ))                                                           \
            return fp_fcvtif_##t##_rm(a, x);                                                       \
        return fp_to_int_##t(fp_in_##t(a, x), x, rm == BP_RM_RTZ);                                 \
    }

FP_TO_INT(f, FP_SIGN_F, 0x4f7fffffu, 0x5effffffu)
FP_TO_INT(d, FP_SIGN_D, 0x41efffffffe00000u, 0x43dfffffffffffffu)

#endif

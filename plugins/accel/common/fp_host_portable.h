/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_host_portable.h - the host side of fp.h where no instructions are known: fp_soft.h under a
 * status word per thread. Included by fp.h; the functions are those of fp_host_x86.h, where they
 * are described.
 */
#ifndef ACCEL_FP_HOST_PORTABLE_H
#define ACCEL_FP_HOST_PORTABLE_H

#define fp_host_has_fma 1

struct fp_status {
    uint32_t flags, rm;
};
extern _Thread_local struct fp_status fp_status;

static inline void fp_init(void)
{
}

static inline uint32_t fp_begin(uint32_t fflags)
{
    fp_status.flags = fflags & 31;
    fp_status.rm = BP_RM_RNE;
    return 0;
}

static inline uint32_t fp_end(uint32_t host)
{
    return fp_status.flags;
}

static inline uint32_t fp_flags_get(void)
{
    return fp_status.flags;
}

static inline void fp_flags_set(uint32_t fflags)
{
    fp_status.flags = fflags & 31;
}

static inline void fp_raise(uint32_t fflags)
{
    fp_status.flags |= fflags;
}

static inline void fp_round_enter(uint32_t rm)
{
    fp_status.rm = rm;
}

static inline void fp_round_leave(void)
{
    fp_status.rm = BP_RM_RNE;
}

#define FP_HOST_SOFT(t, raw)                                                                       \
    static inline raw fp_host_fadd_##t(raw a, raw b)                                               \
    {                                                                                              \
        return (raw)fp_soft_add(&fp_format_##t, a, b, fp_status.rm, &fp_status.flags);             \
    }                                                                                              \
    static inline raw fp_host_fsub_##t(raw a, raw b)                                               \
    {                                                                                              \
        return (raw)fp_soft_sub(&fp_format_##t, a, b, fp_status.rm, &fp_status.flags);             \
    }                                                                                              \
    static inline raw fp_host_fmul_##t(raw a, raw b)                                               \
    {                                                                                              \
        return (raw)fp_soft_mul(&fp_format_##t, a, b, fp_status.rm, &fp_status.flags);             \
    }                                                                                              \
    static inline raw fp_host_fdiv_##t(raw a, raw b)                                               \
    {                                                                                              \
        return (raw)fp_soft_div(&fp_format_##t, a, b, fp_status.rm, &fp_status.flags);             \
    }                                                                                              \
    static inline raw fp_host_fsqrt_##t(raw a)                                                     \
    {                                                                                              \
        return (raw)fp_soft_sqrt(&fp_format_##t, a, fp_status.rm, &fp_status.flags);               \
    }                                                                                              \
    static inline raw fp_host_fma_##t(raw a, raw b, raw c)                                         \
    {                                                                                              \
        return (raw)fp_soft_fma(&fp_format_##t, a, b, c, fp_status.rm, &fp_status.flags);          \
    }                                                                                              \
    static inline raw fp_host_from_s32_##t(int32_t a)                                              \
    {                                                                                              \
        return (raw)fp_soft_from_int(&fp_format_##t, (uint64_t)a, 32, 1, fp_status.rm,             \
                                     &fp_status.flags);                                            \
    }                                                                                              \
    static inline raw fp_host_from_s64_##t(int64_t a)                                              \
    {                                                                                              \
        return (raw)fp_soft_from_int(&fp_format_##t, (uint64_t)a, 64, 1, fp_status.rm,             \
                                     &fp_status.flags);                                            \
    }                                                                                              \
    static inline int32_t fp_host_to_s32_##t(raw a)                                                \
    {                                                                                              \
        return (int32_t)fp_soft_to_int(&fp_format_##t, a, 32, 1, fp_status.rm, &fp_status.flags);  \
    }                                                                                              \
    static inline int64_t fp_host_to_s64_##t(raw a)                                                \
    {                                                                                              \
        return (int64_t)fp_soft_to_int(&fp_format_##t, a, 64, 1, fp_status.rm, &fp_status.flags);  \
    }                                                                                              \
    static inline int32_t fp_host_trunc_s32_##t(raw a)                                             \
    {                                                                                              \
        return (int32_t)fp_soft_to_int(&fp_format_##t, a, 32, 1, BP_RM_RTZ, &fp_status.flags);     \
    }                                                                                              \
    static inline int64_t fp_host_trunc_s64_##t(raw a)                                             \
    {                                                                                              \
        return (int64_t)fp_soft_to_int(&fp_format_##t, a, 64, 1, BP_RM_RTZ, &fp_status.flags);     \
    }

FP_HOST_SOFT(f, uint32_t)
FP_HOST_SOFT(d, uint64_t)

static inline uint32_t fp_host_narrow(uint64_t a)
{
    return (uint32_t)fp_soft_convert(&fp_format_f, &fp_format_d, a, fp_status.rm, &fp_status.flags);
}

static inline uint64_t fp_host_widen(uint32_t a)
{
    return fp_soft_convert(&fp_format_d, &fp_format_f, a, fp_status.rm, &fp_status.flags);
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_host_x86.h - the host side of fp.h on x86-64: SSE2 and FMA3 scalar instructions under MXCSR.
 * Included by fp.h.
 *
 * Every instruction is a volatile asm. Compilers keep volatile asms in order among themselves and
 * do not fold, duplicate or drop them, so no operation crosses a change of MXCSR and none loses its
 * flags, whatever the optimisation level, -ffast-math or not. The x86 rules used here (Intel SDM
 * volume 1, 11.5 and 14.5): tininess is detected after rounding, underflow is flagged only with
 * inexact when masked, conversions that do not fit give the "integer indefinite" and Invalid
 * without Inexact.
 */
#ifndef ACCEL_FP_HOST_X86_H
#define ACCEL_FP_HOST_X86_H

#define FP_MXCSR_MASKS   0x1f80u
#define FP_MXCSR_NEAREST 0x0000u
#define FP_MXCSR_DOWN    0x2000u
#define FP_MXCSR_UP      0x4000u
#define FP_MXCSR_ZERO    0x6000u
#define FP_MXCSR_ROUND   0x6000u
#define FP_MXCSR_FLAGS   0x003fu

extern int fp_host_has_fma; /* set by fp_init() */

static inline uint32_t fp_mxcsr_get(void)
{
    uint32_t csr;

    __asm__ volatile("stmxcsr %0" : "=m"(csr)::"memory");
    return csr;
}

static inline void fp_mxcsr_set(uint32_t csr)
{
    __asm__ volatile("ldmxcsr %0" ::"m"(csr) : "memory");
}

/* MXCSR has IE DE ZE OE UE PE from bit 0, RISC-V NX UF OF DZ NV; DE (a subnormal operand) has no
 * counterpart. */
static inline uint32_t fp_flags_from_mxcsr(uint32_t csr)
{
    return (csr & 1) << 4 | (csr & 4) << 1 | (csr & 8) >> 1 | (csr & 16) >> 3 | (csr & 32) >> 5;
}

static inline uint32_t fp_flags_to_mxcsr(uint32_t fflags)
{
    return (fflags & 16) >> 4 | (fflags & 8) >> 1 | (fflags & 4) << 1 | (fflags & 2) << 3 |
           (fflags & 1) << 5;
}

/* Finds out what the host offers. Returns nothing: every x86-64 can do SSE2, FMA3 is optional. */
void fp_init(void);

/* Enters the guest's floating-point environment; returns the host's, for fp_end(). */
static inline uint32_t fp_begin(uint32_t fflags)
{
    uint32_t host = fp_mxcsr_get();

    fp_mxcsr_set(FP_MXCSR_MASKS | FP_MXCSR_NEAREST | fp_flags_to_mxcsr(fflags));
    return host;
}

/* Leaves it again; returns the guest's accrued exceptions. */
static inline uint32_t fp_end(uint32_t host)
{
    uint32_t fflags = fp_flags_from_mxcsr(fp_mxcsr_get());

    fp_mxcsr_set(host);
    return fflags;
}

/* Accrued exceptions, between fp_begin() and fp_end(): FFLAGS and FSETFL. Bits above NV are
 * ignored. */
static inline uint32_t fp_flags_get(void)
{
    return fp_flags_from_mxcsr(fp_mxcsr_get());
}

static inline void fp_flags_set(uint32_t fflags)
{
    fp_mxcsr_set((fp_mxcsr_get() & ~FP_MXCSR_FLAGS) | fp_flags_to_mxcsr(fflags));
}

static inline void fp_raise(uint32_t fflags)
{
    fp_mxcsr_set(fp_mxcsr_get() | fp_flags_to_mxcsr(fflags));
}

/* Round by RTZ, RDN or RUP until fp_round_leave(). */
static inline void fp_round_enter(uint32_t rm)
{
    fp_mxcsr_set(fp_mxcsr_get() | (rm == BP_RM_RTZ   ? FP_MXCSR_ZERO
                                   : rm == BP_RM_RDN ? FP_MXCSR_DOWN
                                                     : FP_MXCSR_UP));
}

static inline void fp_round_leave(void)
{
    fp_mxcsr_set(fp_mxcsr_get() & ~FP_MXCSR_ROUND);
}

static inline float fp_bits_f(uint32_t bits)
{
    float v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

static inline double fp_bits_d(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

static inline uint32_t fp_of_bits_f(float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static inline uint64_t fp_of_bits_d(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    return bits;
}

#define FP_HOST_BINARY(op, insn, t, real, raw)                                                     \
    static inline raw fp_host_##op##_##t(raw a, raw b)                                             \
    {                                                                                              \
        real v = fp_bits_##t(a);                                                                   \
        __asm__ volatile(insn " %1, %0" : "+x"(v) : "x"(fp_bits_##t(b)));                          \
        return fp_of_bits_##t(v);                                                                  \
    }

FP_HOST_BINARY(fadd, "addss", f, float, uint32_t)
FP_HOST_BINARY(fadd, "addsd", d, double, uint64_t)
FP_HOST_BINARY(fsub, "subss", f, float, uint32_t)
FP_HOST_BINARY(fsub, "subsd", d, double, uint64_t)
FP_HOST_BINARY(fmul, "mulss", f, float, uint32_t)
FP_HOST_BINARY(fmul, "mulsd", d, double, uint64_t)
FP_HOST_BINARY(fdiv, "divss", f, float, uint32_t)
FP_HOST_BINARY(fdiv, "divsd", d, double, uint64_t)

/* Only where fp_host_has_fma is set. */
#define FP_HOST_FMA(insn, t, real, raw)                                                            \
    static inline raw fp_host_fma_##t(raw a, raw b, raw c)                                         \
    {                                                                                              \
        real v = fp_bits_##t(a);                                                                   \
        __asm__ volatile(insn " %2, %1, %0" : "+x"(v) : "x"(fp_bits_##t(b)), "x"(fp_bits_##t(c))); \
        return fp_of_bits_##t(v);                                                                  \
    }

FP_HOST_FMA("vfmadd213ss", f, float, uint32_t)
FP_HOST_FMA("vfmadd213sd", d, double, uint64_t)

/* One source, one destination of any kinds. The destination is cleared first where the instruction
 * merges. */
#define FP_HOST_TO_REAL(name, insn, t, real, raw, source, constraint, value)                       \
    static inline raw name(source a)                                                               \
    {                                                                                              \
        real v = 0;                                                                                \
        __asm__ volatile(insn " %1, %0" : "+x"(v) : constraint(value));                            \
        return fp_of_bits_##t(v);                                                                  \
    }

FP_HOST_TO_REAL(fp_host_fsqrt_f, "sqrtss", f, float, uint32_t, uint32_t, "x", fp_bits_f(a))
FP_HOST_TO_REAL(fp_host_fsqrt_d, "sqrtsd", d, double, uint64_t, uint64_t, "x", fp_bits_d(a))
FP_HOST_TO_REAL(fp_host_narrow, "cvtsd2ss", f, float, uint32_t, uint64_t, "x", fp_bits_d(a))
FP_HOST_TO_REAL(fp_host_widen, "cvtss2sd", d, double, uint64_t, uint32_t, "x", fp_bits_f(a))
FP_HOST_TO_REAL(fp_host_from_s32_f, "cvtsi2ssl", f, float, uint32_t, int32_t, "r", a)
FP_HOST_TO_REAL(fp_host_from_s32_d, "cvtsi2sdl", d, double, uint64_t, int32_t, "r", a)
FP_HOST_TO_REAL(fp_host_from_s64_f, "cvtsi2ssq", f, float, uint32_t, int64_t, "r", a)
FP_HOST_TO_REAL(fp_host_from_s64_d, "cvtsi2sdq", d, double, uint64_t, int64_t, "r", a)

/* To an integer, by the current mode (cvt) or towards zero (cvtt); the lowest integer if it does
 * not fit. */
#define FP_HOST_TO_INT(name, insn, t, integer, source)                                             \
    static inline integer name(source a)                                                           \
    {                                                                                              \
        integer v;                                                                                 \
        __asm__ volatile(insn " %1, %0" : "=r"(v) : "x"(fp_bits_##t(a)));                          \
        return v;                                                                                  \
    }

FP_HOST_TO_INT(fp_host_to_s32_f, "cvtss2si", f, int32_t, uint32_t)
FP_HOST_TO_INT(fp_host_to_s32_d, "cvtsd2si", d, int32_t, uint64_t)
FP_HOST_TO_INT(fp_host_to_s64_f, "cvtss2si", f, int64_t, uint32_t)
FP_HOST_TO_INT(fp_host_to_s64_d, "cvtsd2si", d, int64_t, uint64_t)
FP_HOST_TO_INT(fp_host_trunc_s32_f, "cvttss2si", f, int32_t, uint32_t)
FP_HOST_TO_INT(fp_host_trunc_s32_d, "cvttsd2si", d, int32_t, uint64_t)
FP_HOST_TO_INT(fp_host_trunc_s64_f, "cvttss2si", f, int64_t, uint32_t)
FP_HOST_TO_INT(fp_host_trunc_s64_d, "cvttsd2si", d, int64_t, uint64_t)

#endif

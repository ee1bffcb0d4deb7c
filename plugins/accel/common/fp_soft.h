/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_soft.h - binary32 and binary64 arithmetic in integers: for the rounding mode hosts do not have
 * (RMM), for hosts without a fused multiply-add, and as the second opinion in the tests of fp.h.
 *
 * Values are bit patterns, binary32 in the low half. `rm` is BP_RM_RNE..BP_RM_RMM. `flags` accrues
 * FP_NV.. bits. NaN results are the canonical quiet NaN; tininess is detected after rounding.
 * Thread-safe, no state.
 */
#ifndef ACCEL_FP_SOFT_H
#define ACCEL_FP_SOFT_H

#include <stdint.h>

#define FP_NV 16u
#define FP_DZ 8u
#define FP_OF 4u
#define FP_UF 2u
#define FP_NX 1u

/* An interchange format of IEEE 754-2019, 3.6. */
struct fp_format {
    int precision; /* p: bits of the significand with the hidden one */
    int emax;      /* also the bias */
};
extern const struct fp_format fp_format_f, fp_format_d;

uint64_t fp_soft_add(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t rm,
                     uint32_t *flags);
uint64_t fp_soft_sub(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t rm,
                     uint32_t *flags);
uint64_t fp_soft_mul(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t rm,
                     uint32_t *flags);
uint64_t fp_soft_div(const struct fp_format *f, uint64_t a, uint64_t b, uint32_t rm,
                     uint32_t *flags);
uint64_t fp_soft_sqrt(const struct fp_format *f, uint64_t a, uint32_t rm, uint32_t *flags);
/* a * b + c, rounded once; infinity times zero is invalid whatever c is. */
uint64_t fp_soft_fma(const struct fp_format *f, uint64_t a, uint64_t b, uint64_t c, uint32_t rm,
                     uint32_t *flags);
/* The value of format `from`, in format `to`. */
uint64_t fp_soft_convert(const struct fp_format *to, const struct fp_format *from, uint64_t a,
                         uint32_t rm, uint32_t *flags);
/* Integer <-> real. `bits` is 32 or 64, of which `a` and the result hold the low ones; a 32-bit
 * result is sign-extended, also an unsigned one. What does not fit saturates, NaN to the largest,
 * with FP_NV alone. */
uint64_t fp_soft_from_int(const struct fp_format *f, uint64_t a, int bits, int is_signed,
                          uint32_t rm, uint32_t *flags);
uint64_t fp_soft_to_int(const struct fp_format *f, uint64_t a, int bits, int is_signed, uint32_t rm,
                        uint32_t *flags);

#endif

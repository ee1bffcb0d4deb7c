/* SPDX-License-Identifier: Apache-2.0
 *
 * csr.h - control and status registers: the shape of the functions behind the rows of csrs.def, and
 * what they share. The functions are named after the columns: riscv_csr_CHECK, riscv_csr_read_READ,
 * riscv_csr_write_WRITE.
 *
 * Fields are WARL; a value that is not supported leaves the field as it was unless said otherwise.
 */
#ifndef RISCV_CSR_H
#define RISCV_CSR_H

#include "hart.h"

/* True if the register may be accessed, beyond what number, privilege and extensions say. */
typedef bool riscv_csr_check_fn(const struct hart *h, uint32_t number);
/* The value, XLEN bits, zero-extended. */
typedef uint64_t riscv_csr_read_fn(const struct hart *h, uint32_t number);
/* `value` has XLEN bits, zero-extended. */
typedef uint32_t riscv_csr_write_fn(struct hart *h, uint32_t number, uint64_t value);

/* What a write leads to. */
#define CSR_CONTINUE 0u
#define CSR_LEAVE    1u /* mode, translations or interrupts may have changed: the block ends */

#define CSR(number, count, name, xlen, ext, check, read, write)                                    \
    riscv_csr_check_fn riscv_csr_##check;                                                          \
    riscv_csr_read_fn riscv_csr_read_##read;                                                       \
    riscv_csr_write_fn riscv_csr_write_##write;
#define CSR_SLOT(number, name, xlen, ext, slot, mask)
#include "csrs.def"
#undef CSR
#undef CSR_SLOT

static inline uint64_t csr_merge(uint64_t old, uint64_t value, uint64_t mask)
{
    return (old & ~mask) | (value & mask);
}

/* The halves of a 64-bit register that RV32 reaches through two names. */
static inline uint64_t csr_high(uint64_t value)
{
    return value >> 32;
}

static inline uint64_t csr_with_high(uint64_t old, uint64_t value)
{
    return (uint32_t)old | value << 32;
}

static inline uint64_t csr_with_low(const struct hart *h, uint64_t old, uint64_t value)
{
    return h->xlen == 32 ? (old & ~UINT64_C(0xffffffff)) | (uint32_t)value : value;
}

/* After a change of what decides about interrupts. */
static inline uint32_t csr_interrupts_changed(struct hart *h)
{
    return riscv_check_interrupts(h) ? CSR_LEAVE : CSR_CONTINUE;
}

/* After a change of what the mode word is made of. */
static inline uint32_t csr_mode_changed(struct hart *h)
{
    uint32_t mode = h->mode, irq;

    riscv_update_mode(h);
    irq = riscv_check_interrupts(h);
    return mode != h->mode || irq ? CSR_LEAVE : CSR_CONTINUE;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * util/rules.h - what reads and writes make of a register, by the rules of its row (regs.h). Inline; not ABI. The core and the
 * test host both go by it.
 */
#ifndef BACKPLANE_UTIL_RULES_H
#define BACKPLANE_UTIL_RULES_H

#include <backplane/regs.h>
#include <backplane/util/bytes.h>

/* Bits of `old` in `mask`, after `value` was written to them; `lanes`: bits that the access carries. */
static inline uint64_t bp_bits_written(uint32_t access, uint64_t old, uint64_t value, uint64_t mask,
                                       uint64_t lanes)
{
    switch (access) {
    case BP_REG_RO:
    case BP_REG_RC:
        return old;
    case BP_REG_W1C:
        return old & ~(value & mask);
    case BP_REG_W0C:
        return old & (value | ~mask);
    case BP_REG_W1S:
        return old | (value & mask);
    case BP_REG_W0S:
        return old | (~value & mask);
    case BP_REG_W1T:
        return old ^ (value & mask);
    case BP_REG_W0T:
        return old ^ (~value & mask);
    case BP_REG_WC:
        return old & ~(mask & lanes);
    case BP_REG_WS:
        return old | (mask & lanes);
    default:
        return (old & ~mask) | (value & mask);
    }
}

/* Bits that a guest's write can change. */
static inline uint64_t bp_reg_writable(const struct bp_reg *reg)
{
    return reg->write_mask ? reg->write_mask : bp_byte_mask(reg->width);
}

/* The bound value after a write that carries the bits in `lanes`; `value` has the others as bp_reg_lacking() says. */
static inline uint64_t bp_reg_written(const struct bp_reg *reg, uint64_t old, uint64_t value,
                                      uint64_t lanes)
{
    uint64_t mask = bp_reg_writable(reg), rest = mask, next = old;

    for (const struct bp_reg_bits *b = reg->bits; b && b->mask; b++) {
        next = bp_bits_written(b->access, next, value, b->mask & mask, lanes);
        rest &= ~b->mask;
    }
    return bp_bits_written(reg->access, next, value, rest, lanes);
}

/* The bound value after a guest's read. */
static inline uint64_t bp_reg_after_read(const struct bp_reg *reg, uint64_t old)
{
    uint64_t rest = bp_byte_mask(reg->width), next = old;

    for (const struct bp_reg_bits *b = reg->bits; b && b->mask; b++) {
        if (b->read == BP_READ_CLEARS || b->access == BP_REG_RC)
            next &= ~b->mask;
        else if (b->read == BP_READ_SETS)
            next |= b->mask & bp_byte_mask(reg->width);
        rest &= ~b->mask;
    }
    return reg->access == BP_REG_RC ? next & ~rest : next;
}

/* Does a guest's read change anything at all? */
static inline uint32_t bp_reg_read_acts(const struct bp_reg *reg)
{
    uint64_t all = bp_byte_mask(reg->width);

    return bp_reg_after_read(reg, all) != all || bp_reg_after_read(reg, 0) != 0;
}

/* What a read gives of the bound value, where no hook says otherwise. */
static inline uint64_t bp_reg_shown(const struct bp_reg *reg, uint64_t bound)
{
    uint64_t rest = bp_byte_mask(reg->width), hidden = 0;

    for (const struct bp_reg_bits *b = reg->bits; b && b->mask; b++) {
        if (b->access == BP_REG_WO)
            hidden |= b->mask;
        rest &= ~b->mask;
    }
    if (reg->access == BP_REG_WO)
        hidden |= rest;
    return bound & ~hidden;
}

/* Bits that a write of part of a register lacks: `shown` is what a DEBUG read gives. */
static inline uint64_t bp_bits_lacking(uint32_t access, uint64_t shown, uint64_t mask)
{
    switch (access) {
    case BP_REG_W1C:
    case BP_REG_W1S:
    case BP_REG_W1T:
        return 0;
    case BP_REG_W0C:
    case BP_REG_W0S:
    case BP_REG_W0T:
        return mask;
    default:
        return shown & mask;
    }
}

static inline uint64_t bp_reg_lacking(const struct bp_reg *reg, uint64_t shown)
{
    uint64_t rest = bp_byte_mask(reg->width), value = 0;

    for (const struct bp_reg_bits *b = reg->bits; b && b->mask; b++) {
        value |= bp_bits_lacking(b->access, shown, b->mask & bp_byte_mask(reg->width));
        rest &= ~b->mask;
    }
    return value | bp_bits_lacking(reg->access, shown, rest);
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * decode.h - from instruction words to rows of insns.def, and the fields of a word.
 */
#ifndef RISCV_DECODE_H
#define RISCV_DECODE_H

#include "hart.h"

struct emitter;
struct riscv_insn;
typedef void riscv_emit_fn(struct emitter *e, const struct riscv_insn *row, uint32_t insn);

/* Traits of a row. */
#define INSN_SHAMT 0x01u /* bit 25 belongs to the shift amount and must be zero on RV32 */
#define INSN_FP    0x02u /* needs mstatus.FS other than Off */
#define INSN_RM    0x04u /* has a rounding mode field */
#define INSN_DIRTY 0x08u /* changes FP state: registers or flags */

/* Types of a row besides BP_T_*. */
#define TYPE_X 0x80u /* integers of XLEN bits */

struct riscv_insn {
    const char *name;
    uint32_t mask, match;
    uint8_t ext;          /* EXT_* it belongs to; EXT_NONE: the base */
    uint8_t xlen;         /* 0: both; else 32 or 64 only */
    uint8_t traits;       /* INSN_* */
    uint8_t op;           /* BP_IR_*, for emit */
    uint8_t type;         /* BP_T_* or TYPE_X, for emit */
    uint8_t aux;          /* for emit: condition, shift, conversion, helper */
    const char *operands; /* for disassembly: see disasm.c */
    riscv_emit_fn *emit;
};

/* The row of a 32-bit instruction word, NULL if there is none for this XLEN and these extensions
 * (bit set). */
const struct riscv_insn *riscv_decode(uint32_t insn, uint32_t xlen, uint32_t ext);
/* The 32-bit instruction that a 16-bit one stands for (C extension); 0, which is
 * illegal, for none. */
uint32_t riscv_expand(uint16_t insn, uint32_t xlen);

static inline uint32_t insn_rd(uint32_t insn)
{
    return insn >> 7 & 31;
}

static inline uint32_t insn_rs1(uint32_t insn)
{
    return insn >> 15 & 31;
}

static inline uint32_t insn_rs2(uint32_t insn)
{
    return insn >> 20 & 31;
}

static inline uint32_t insn_rs3(uint32_t insn)
{
    return insn >> 27;
}

static inline uint32_t insn_rm(uint32_t insn)
{
    return insn >> 12 & 7;
}

static inline int32_t insn_imm_i(uint32_t insn)
{
    return (int32_t)insn >> 20;
}

static inline int32_t insn_imm_s(uint32_t insn)
{
    return ((int32_t)insn >> 25) * 32 | (int32_t)insn_rd(insn);
}

static inline int32_t insn_imm_b(uint32_t insn)
{
    return ((int32_t)insn >> 31) * 4096 |
           (int32_t)((insn << 4 & 0x800) | (insn >> 20 & 0x7e0) | (insn >> 7 & 0x1e));
}

static inline int32_t insn_imm_u(uint32_t insn)
{
    return (int32_t)(insn & 0xfffff000);
}

static inline int32_t insn_imm_j(uint32_t insn)
{
    return ((int32_t)insn >> 31) * (1 << 20) |
           (int32_t)((insn & 0xff000) | (insn >> 9 & 0x800) | (insn >> 20 & 0x7fe));
}

#endif

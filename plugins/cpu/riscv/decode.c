/* SPDX-License-Identifier: Apache-2.0
 *
 * decode.c - the instruction table and the search in it: by major opcode, then by mask and match.
 */
#include "decode.h"

#include "emit.h"
#include "patterns.h"

#define FP_CHANGES (INSN_FP | INSN_DIRTY)
#define FP_ROUND   (INSN_FP | INSN_DIRTY | INSN_RM)

/* aux of conversions. */
#define INT_W  BP_FP_INT_S32
#define INT_WU BP_FP_INT_U32
#define INT_L  BP_FP_INT_S64
#define INT_LU BP_FP_INT_U64

/* Row numbers, for the groups. */
enum row {
#define INSN(id, name, encoding, ext, xlen, operands, traits, emit, op, type, aux) ROW_##id,
#define GROUP(opcode, first, last)
#include "insns.def"
#undef INSN
#undef GROUP
    ROWS
};

#define INSN(id, name, encoding, ext, xlen, operands, traits, emit, op, type, aux)                 \
    riscv_emit_fn riscv_emit_##emit;
#define GROUP(opcode, first, last)
#include "insns.def"
#undef INSN
#undef GROUP

static const struct riscv_insn rows[ROWS] = {
#define INSN(id, name, encoding, ext, xlen, operands, traits, emit, op, type, aux)                 \
    {name,       encoding,    EXT_##ext, xlen,     traits,                                         \
     BP_IR_##op, TYPE_##type, aux,       operands, riscv_emit_##emit},
#define GROUP(opcode, first, last)
#include "insns.def"
#undef INSN
#undef GROUP
};

/* Rows [first, end) of each major opcode, bits 6:2. */
static const struct {
    uint16_t first, end;
} groups[32] = {
#define INSN(id, name, encoding, ext, xlen, operands, traits, emit, op, type, aux)
#define GROUP(opcode, first, last) [(opcode) >> 2] = {ROW_##first, ROW_##last + 1},
#include "insns.def"
#undef INSN
#undef GROUP
};

const struct riscv_insn *riscv_decode(uint32_t insn, uint32_t xlen, uint32_t ext)
{
    uint32_t group = insn >> 2 & 31;

    if ((insn & 3) != 3)
        return NULL;
    for (uint32_t i = groups[group].first; i < groups[group].end; i++) {
        const struct riscv_insn *row = &rows[i];

        if ((insn & row->mask) != row->match || (row->xlen && row->xlen != xlen))
            continue;
        if (row->ext != EXT_NONE && !(ext >> row->ext & 1))
            continue;
        if (row->traits & INSN_SHAMT && xlen == 32 && insn >> 25 & 1)
            continue;
        return row;
    }
    return NULL;
}

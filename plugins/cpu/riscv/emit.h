/* SPDX-License-Identifier: Apache-2.0
 *
 * emit.h - writing IR: what the emit_*.c files share. One struct emitter is one call of
 * translate().
 */
#ifndef RISCV_EMIT_H
#define RISCV_EMIT_H

#include "decode.h"

enum riscv_helper {
#define HELPER(ID, function, flags, writes) HELPER_##ID,
#include "helpers.def"
#undef HELPER
    HELPER_COUNT
};
extern const struct bp_cpu_helper riscv_helpers[HELPER_COUNT];

/* Row types by name. */
#define TYPE_I64 BP_T_I64
#define TYPE_S32 BP_T_S32
#define TYPE_U32 BP_T_U32
#define TYPE_F32 BP_T_F32
#define TYPE_F64 BP_T_F64
#define TYPE_U8  BP_T_U8
#define TYPE_S8  BP_T_S8
#define TYPE_U16 BP_T_U16
#define TYPE_S16 BP_T_S16

struct emitter {
    struct bp_ir_builder *builder;
    uint32_t xlen;
    uint32_t mode;       /* word the block is for */
    uint16_t mem;        /* x of plain loads and stores: context, address width, alignment */
    uint16_t mem_atomic; /* x of atomics */
    uint8_t xtype;       /* BP_T_I64 or BP_T_S32 */
    uint8_t rm;          /* rounding mode of the instruction, when it has one */
    bool ended;          /* the block has its last op */
    uint32_t offset;     /* of the instruction, from the start of the block */
    uint32_t length;
    uint32_t raw; /* its bits as fetched: 16 or 32 */
};

#define T0 (BP_IR_TEMP + 0)
#define T1 (BP_IR_TEMP + 1)

static inline uint16_t emit_x(uint32_t reg)
{
    return reg ? (uint16_t)reg : BP_IR_ZERO;
}

static inline uint16_t emit_f(uint32_t reg)
{
    return (uint16_t)(32 + reg);
}

/* Where an instruction that must run even for x0 puts its result. */
static inline uint16_t emit_x_or_temp(uint32_t reg)
{
    return reg ? (uint16_t)reg : T0;
}

static inline uint8_t emit_type(const struct emitter *e, const struct riscv_insn *row)
{
    return row->type == TYPE_X ? e->xtype : row->type;
}

/* Appends an op whose other fields are zero, for the caller to fill in. */
static inline struct bp_ir_op *emit_op(struct emitter *e, uint8_t op, uint8_t type, uint16_t d,
                                       uint16_t a, uint16_t b)
{
    struct bp_ir_op *o = &e->builder->ops[e->builder->nops++];

    *o = (struct bp_ir_op){.op = op, .type = type, .d = d, .a = a, .b = b};
    return o;
}

/* d = a op constant */
static inline void emit_imm(struct emitter *e, uint8_t op, uint8_t type, uint16_t d, uint16_t a,
                            int64_t imm)
{
    emit_op(e, op, type, d, a, BP_IR_IMM)->imm = imm;
}

/* An x register as an operand of a 64-bit op: RV32 registers may appear in 32-bit ops only, so
 * they are copied. */
uint16_t emit_wide(struct emitter *e, uint32_t reg, uint16_t temp);
void emit_call(struct emitter *e, enum riscv_helper helper, uint16_t d, uint16_t a, uint16_t b,
               uint32_t imm);
/* Calls a helper that always leaves. */
void emit_leave(struct emitter *e, enum riscv_helper helper, uint16_t a, uint16_t b, uint32_t imm);

#endif

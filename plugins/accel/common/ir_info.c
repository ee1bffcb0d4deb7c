/* SPDX-License-Identifier: Apache-2.0
 *
 * ir_info.c - the tables behind ir_info.h, made from ir_ops.def.
 */
#include "ir_info.h"

#include <string.h>

/* Fields in use, by format. */
#define USES_DY     (IR_USE_D | IR_USE_B | IR_USE_BIMM)
#define USES_DAY    (IR_USE_D | IR_USE_A | IR_USE_B | IR_USE_BIMM)
#define USES_DA     (IR_USE_D | IR_USE_A)
#define USES_DAX    (USES_DA | IR_USE_X)
#define USES_DABX   (USES_DA | IR_USE_B | IR_USE_X)
#define USES_DABCX  (USES_DABX | IR_USE_C)
#define USES_DABC   (USES_DA | IR_USE_B | IR_USE_BIMM32 | IR_USE_COND)
#define USES_DABSEL (USES_DA | IR_USE_B | IR_USE_C)
#define USES_DI     (IR_USE_D | IR_USE_IMM)
#define USES_D      IR_USE_D
#define USES_Y      (IR_USE_B | IR_USE_BIMM)
#define USES_I      IR_USE_IMM
#define USES_X      IR_USE_X
#define USES_AX     (IR_USE_A | IR_USE_X)
#define USES_DAIX   (USES_DA | IR_USE_X)
#define USES_NONE   0
#define USES_LOAD   (USES_DA | IR_USE_DISP | IR_USE_X)
#define USES_STORE  (IR_USE_A | IR_USE_B | IR_USE_DISP | IR_USE_X)
#define USES_AMO    (USES_LOAD | IR_USE_B)
#define USES_BRANCH (IR_USE_A | IR_USE_B | IR_USE_COND | IR_USE_DISP)
#define USES_HELPER (USES_DA | IR_USE_DZERO | IR_USE_B | IR_USE_DISP | IR_USE_X)

/* What follows from the format. */
#define DOES_LOAD   IR_DOES_MEMORY
#define DOES_STORE  IR_DOES_MEMORY
#define DOES_AMO    (IR_DOES_MEMORY | IR_DOES_ATOMIC)
#define DOES_BRANCH IR_DOES_BRANCH
#define DOES_HELPER IR_DOES_CALL
#define DOES_AX     (IR_DOES_BRANCH | IR_DOES_END)
#define DOES_NONE   (IR_DOES_BRANCH | IR_DOES_END)
#define DOES_I      (IR_DOES_BRANCH | IR_DOES_END)
#define DOES_DY     0
#define DOES_DAY    0
#define DOES_DA     0
#define DOES_DAX    0
#define DOES_DABX   0
#define DOES_DABCX  0
#define DOES_DABC   0
#define DOES_DABSEL 0
#define DOES_DI     0
#define DOES_D      0
#define DOES_Y      0
#define DOES_X      0
#define DOES_DAIX   0

/* What follows from the place in ir_ops.def. */
#define IS_FP(op) ((op) >= BP_IR_FADD && (op) <= BP_IR_FSETFL && (op) != BP_IR_FBOX)
#define IS_ROUNDED(op)                                                                             \
    (((op) >= BP_IR_FADD && (op) <= BP_IR_FNMADD) || ((op) >= BP_IR_FCVTFF && (op) <= BP_IR_FCVTIF))
#define DOES(op, format)                                                                           \
    (DOES_##format | ((op) == BP_IR_LR ? IR_DOES_ATOMIC : 0) | (IS_FP(op) ? IR_DOES_FP : 0) |      \
     (IS_ROUNDED(op) ? IR_DOES_ROUND : 0))

const struct ir_info ir_infos[IR_OPS] = {
#define BP_IR_OP(number, NAME, text, format, types)                                                \
    [number] = {text, types, USES_##format, IR_F_##format, DOES(number, format)},
#include <backplane/ir_ops.def>
#undef BP_IR_OP
};

const char *const ir_type_names[IR_TYPES] = {"i64", "s32", "u32", "f32", "f64",
                                             "u8",  "s8",  "u16", "s16"};
const uint8_t ir_type_bytes[IR_TYPES] = {8, 4, 4, 4, 8, 1, 1, 2, 2};
const char *const ir_condition_names[IR_CONDITIONS] = {"eq", "ne", "lt", "ge", "ltu", "geu"};

static const char type_letters[IR_TYPES + 1] = "lsufdbchi";

int ir_type_allowed(const struct ir_info *info, uint32_t type)
{
    return type < IR_TYPES && strchr(info->types, type_letters[type]) != NULL;
}

uint8_t ir_op_by_name(const char *text, uint32_t length)
{
    for (uint32_t i = 0; i < IR_OPS; i++)
        if (ir_infos[i].text && strlen(ir_infos[i].text) == length &&
            !memcmp(ir_infos[i].text, text, length))
            return (uint8_t)i;
    return BP_IR_NONE;
}

uint32_t ir_reads(const struct bp_ir_op *op, uint16_t operands[3])
{
    uint16_t uses = ir_infos[op->op].uses;
    uint32_t n = 0;

    if ((uses & IR_USE_A) && op->a < BP_IR_ZERO)
        operands[n++] = op->a;
    if ((uses & IR_USE_B) && op->b < BP_IR_ZERO)
        operands[n++] = op->b;
    if ((uses & IR_USE_C) && op->c < BP_IR_ZERO)
        operands[n++] = op->c;
    return n;
}

uint16_t ir_writes(const struct bp_ir_op *op)
{
    return ir_infos[op->op].uses & IR_USE_D && op->d < BP_IR_ZERO ? op->d : BP_IR_ZERO;
}

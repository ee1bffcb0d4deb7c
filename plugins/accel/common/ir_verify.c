/* SPDX-License-Identifier: Apache-2.0
 *
 * ir_verify.c - the rules of ir.h as checks: first each op by itself, from the tables of ir_info.c,
 * then what ops of one instruction owe each other, then the block.
 */
#include "ir_verify.h"

#include "ir_text.h"
#include "ir_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
    const struct bp_cpu_class *cls;
    const struct bp_ir_builder *block;
    uint32_t nregs;            /* operands below this are registers of the class */
    uint32_t insn, op;         /* where we are; op == nops: at the instruction itself */
    uint32_t written;          /* temporaries written in this instruction, a bit each */
    const char *state_written; /* guest state it has changed so far: what; NULL: none */
    char *text;
    uint32_t room;
};

/* Writes the message; always returns BP_E_INVAL. */
__attribute__((format(printf, 2, 3))) static int32_t refuse(struct check *c, const char *format,
                                                            ...)
{
    const struct bp_ir_builder *b = c->block;
    char where[256], op[160];
    va_list args;
    int n;

    if (c->insn >= b->ninsns) {
        snprintf(where, sizeof where, "block");
    } else if (c->op >= b->nops) {
        snprintf(where, sizeof where, "insn %u (+%u)", c->insn, b->insns[c->insn].pc_offset);
    } else {
        ir_print_op(c->cls, &b->ops[c->op], op, sizeof op);
        snprintf(where, sizeof where, "op %u (insn %u, +%u): %s", c->op, c->insn,
                 b->insns[c->insn].pc_offset, op);
    }
    n = snprintf(c->text, c->room, "%s: ", where);
    va_start(args, format);
    if (n >= 0 && (uint32_t)n < c->room)
        vsnprintf(c->text + n, c->room - (uint32_t)n, format, args);
    va_end(args);
    return BP_E_INVAL;
}

/* --- one op ----------------------------------------------------------------------------------- */

static int is_narrow(const struct check *c, uint16_t operand)
{
    return operand < c->nregs && ir_reg(c->cls, operand)->bits == 32;
}

/* Does the op read only the low 32 bits of what stands in this field? */
static int reads_low_half(const struct bp_ir_op *op, char field)
{
    const struct ir_info *info = &ir_infos[op->op];

    if (info->does & IR_DOES_MEMORY)
        return field == 'b' || (op->x & BP_MEM_ADDR32);
    if (op->op == BP_IR_FCVTFI)
        return !(op->x & BP_FP_INT_S64);
    if (op->op == BP_IR_FCVTFF)
        return op->type == BP_T_F64;
    if (op->op == BP_IR_FCVTIF)
        return op->type == BP_T_F32;
    return op->type == BP_T_S32 || op->type == BP_T_U32 || op->type == BP_T_F32;
}

/* Is what the op writes the sign extension of its low 32 bits, always? */
static int writes_sign_extended(const struct bp_ir_op *op)
{
    switch (op->op) {
    case BP_IR_LD:
        return op->type == BP_T_S32 || (op->type >= BP_T_U8 && op->type <= BP_T_S16);
    case BP_IR_SC:
    case BP_IR_SET: /* 0 or 1 */
    case BP_IR_FEQ:
    case BP_IR_FLT:
    case BP_IR_FLE:
    case BP_IR_FCLASS:
    case BP_IR_FFLAGS:
        return 1;
    case BP_IR_FCVTIF:
        return !(op->x & BP_FP_INT_S64);
    default:
        return op->type == BP_T_S32;
    }
}

static int32_t check_source(struct check *c, const struct bp_ir_op *op, char field, uint16_t v)
{
    if (v == BP_IR_ZERO)
        return BP_OK;
    if (v > BP_IR_ZERO)
        return refuse(c, "%c: not an operand this op may have here", field);
    if (v >= BP_IR_TEMP + BP_IR_TEMPS)
        return refuse(c, "%c: there are only %d temporaries", field, BP_IR_TEMPS);
    if (v >= BP_IR_TEMP)
        return c->written >> (v - BP_IR_TEMP) & 1
                   ? BP_OK
                   : refuse(c, "%c: a temporary is read before its instruction writes it", field);
    if (v >= c->nregs)
        return refuse(c, "%c: the CPU has only %u IR registers", field, c->nregs);
    if (is_narrow(c, v) && !reads_low_half(op, field))
        return refuse(c, "%c: a 32-bit register in a 64-bit place", field);
    return BP_OK;
}

static int32_t check_destination(struct check *c, const struct bp_ir_op *op)
{
    uint16_t v = op->d;

    if (v == BP_IR_ZERO && (ir_infos[op->op].uses & IR_USE_DZERO))
        return BP_OK;
    if (v >= BP_IR_ZERO)
        return refuse(c, "d: not a register or temporary");
    if (v >= BP_IR_TEMP + BP_IR_TEMPS)
        return refuse(c, "d: there are only %d temporaries", BP_IR_TEMPS);
    if (v < BP_IR_TEMP && v >= c->nregs)
        return refuse(c, "d: the CPU has only %u IR registers", c->nregs);
    if (is_narrow(c, v) && !writes_sign_extended(op))
        return refuse(c, "d: a 32-bit register would not be written sign-extended");
    return BP_OK;
}

static int32_t check_operands(struct check *c, const struct bp_ir_op *op,
                              const struct ir_info *info)
{
    int is_constant = op->b == BP_IR_IMM && (info->uses & (IR_USE_BIMM | IR_USE_BIMM32));
    int32_t rc = BP_OK;

    if (info->uses & IR_USE_A)
        rc = check_source(c, op, 'a', op->a);
    if (!rc && (info->uses & IR_USE_B) && !is_constant)
        rc = check_source(c, op, 'b', op->b);
    if (!rc && (info->uses & IR_USE_C))
        rc = check_source(c, op, 'c', op->c);
    if (!rc && (info->uses & IR_USE_D))
        rc = check_destination(c, op);
    return rc;
}

/* Fields that mean nothing for the op must be zero, so that they can gain a meaning. */
static int32_t check_unused(struct check *c, const struct bp_ir_op *op, const struct ir_info *info)
{
    int constant = op->b == BP_IR_IMM;
    int wide = (info->uses & IR_USE_IMM) || (constant && (info->uses & IR_USE_BIMM));

    if (!(info->uses & IR_USE_D) && op->d)
        return refuse(c, "d is not used and must be 0");
    if (!(info->uses & IR_USE_A) && op->a)
        return refuse(c, "a is not used and must be 0");
    if (!(info->uses & IR_USE_B) && op->b)
        return refuse(c, "b is not used and must be 0");
    if (wide)
        return BP_OK;
    if (!(info->uses & IR_USE_DISP) && !(constant && (info->uses & IR_USE_BIMM32)) && op->disp)
        return refuse(c, "disp is not used and must be 0");
    if (!(info->uses & (IR_USE_C | IR_USE_COND)) && op->c)
        return refuse(c, "c is not used and must be 0");
    if (!(info->uses & IR_USE_X) && op->x)
        return refuse(c, "x is not used and must be 0");
    return BP_OK;
}

static int32_t check_memory_flags(struct check *c, const struct bp_ir_op *op)
{
    uint32_t known = BP_MEM_CONTEXT | BP_MEM_ADDR32 | BP_MEM_BOX | BP_MEM_ALIGNED | BP_MEM_BIG |
                     BP_MEM_ACQUIRE | BP_MEM_RELEASE;

    if (op->x & ~known)
        return refuse(c, "x: unknown flags 0x%x", op->x & ~known);
    if ((op->x & BP_MEM_CONTEXT) >= c->cls->ncontexts)
        return refuse(c, "x: the CPU has only %u memory contexts", c->cls->ncontexts);
    if ((op->x & BP_MEM_BOX) && (op->op != BP_IR_LD || op->type != BP_T_F32))
        return refuse(c, "x: only F32 loads are boxed");
    return BP_OK;
}

static int32_t check_flags(struct check *c, const struct bp_ir_op *op, const struct ir_info *info)
{
    uint32_t known;

    if (info->does & IR_DOES_MEMORY)
        return check_memory_flags(c, op);
    if (info->does & IR_DOES_FP) {
        known = BP_RM_MASK | BP_FP_BOX | (info->format == IR_F_DAIX ? BP_FP_INT_MASK : 0);
        if (op->x & ~known)
            return refuse(c, "x: unknown flags 0x%x", op->x & ~known);
        if ((op->x & BP_RM_MASK) > BP_RM_RMM)
            return refuse(c, "x: there is no rounding mode %u", op->x & BP_RM_MASK);
        return BP_OK;
    }
    switch (op->op) {
    case BP_IR_SHADD:
        return op->x >= 1 && op->x <= 3 ? BP_OK : refuse(c, "x: a shift by 1 to 3");
    case BP_IR_SHADDUW:
        return op->x <= 3 ? BP_OK : refuse(c, "x: a shift by 0 to 3");
    case BP_IR_FENCE:
        known = BP_FENCE_RR | BP_FENCE_RW | BP_FENCE_WR | BP_FENCE_WW;
        return op->x & ~known ? refuse(c, "x: unknown flags 0x%x", op->x & ~known) : BP_OK;
    case BP_IR_JMP:
        return op->x <= BP_JMP_RETURN ? BP_OK : refuse(c, "x: unknown hint %u", op->x);
    default: /* CALL */
        if (op->x >= c->cls->nhelpers)
            return refuse(c, "x: the CPU has only %u helpers", c->cls->nhelpers);
        if ((ir_helper(c->cls, op->x)->flags & BP_HELPER_CONTROL) && op->d != BP_IR_ZERO)
            return refuse(c, "d: a CONTROL helper has no result");
        return BP_OK;
    }
}

static int32_t check_target(struct check *c, int64_t offset)
{
    if (offset % (int64_t)c->cls->insn_align)
        return refuse(c, "the target is not aligned to %u bytes", c->cls->insn_align);
    return BP_OK;
}

static int32_t check_op(struct check *c, const struct bp_ir_op *op)
{
    const struct ir_info *info = &ir_infos[op->op];
    int32_t rc;

    if (!info->text)
        return refuse(c, "unknown op %u", op->op);
    if (!ir_type_allowed(info, op->type))
        return refuse(c, "not a type this op has");
    rc = check_unused(c, op, info);
    if (!rc && (info->uses & IR_USE_X))
        rc = check_flags(c, op, info);
    if (!rc)
        rc = check_operands(c, op, info);
    if (!rc && (info->uses & IR_USE_COND) && op->c >= IR_CONDITIONS)
        rc = refuse(c, "c: unknown condition");
    if (!rc && op->op == BP_IR_BR)
        rc = check_target(c, op->disp);
    if (!rc && op->op == BP_IR_GOTO)
        rc = check_target(c, op->imm);
    return rc;
}

/* --- ops of one instruction ------------------------------------------------------------------- */

static int may_fault(const struct check *c, const struct bp_ir_op *op)
{
    if (ir_infos[op->op].does & IR_DOES_CALL)
        return ir_helper(c->cls, op->x)->flags & BP_HELPER_CONTROL;
    return ir_infos[op->op].does & IR_DOES_MEMORY;
}

static int may_accrue(const struct bp_ir_op *op)
{
    switch (op->op) {
    case BP_IR_FSGNJ:
    case BP_IR_FSGNJN:
    case BP_IR_FSGNJX:
    case BP_IR_FCLASS:
    case BP_IR_FFLAGS:
        return 0;
    default:
        return ir_infos[op->op].does & IR_DOES_FP;
    }
}

/* What of the guest's state the op changes, for the message; NULL: nothing. */
static const char *changes_state(const struct bp_ir_op *op)
{
    if (ir_writes(op) < BP_IR_TEMP)
        return "a register was";
    return may_accrue(op) ? "fp exceptions were" : NULL;
}

/* Checks an op in its place and takes note of what it does. */
static int32_t check_order(struct check *c, const struct bp_ir_op *op)
{
    uint16_t d = ir_writes(op);

    if (may_fault(c, op) && c->state_written)
        return refuse(c, "it may leave after %s changed by the same instruction", c->state_written);
    if ((ir_infos[op->op].does & IR_DOES_END) && c->op + 1 < c->block->nops)
        return refuse(c, "ops follow the end of the block");
    if (!c->state_written)
        c->state_written = changes_state(op);
    if (d >= BP_IR_TEMP && d < BP_IR_TEMP + BP_IR_TEMPS)
        c->written |= (uint32_t)1 << (d - BP_IR_TEMP);
    return BP_OK;
}

static uint32_t end_of_insn(const struct bp_ir_builder *b, uint32_t i)
{
    return i + 1 < b->ninsns ? b->insns[i + 1].first_op : b->nops;
}

static int32_t check_insn_ops(struct check *c)
{
    const struct bp_ir_builder *b = c->block;
    const struct bp_ir_insn *insn = &b->insns[c->insn];
    uint32_t end = end_of_insn(b, c->insn);
    int branches = 0;
    int32_t rc;

    c->written = 0;
    c->state_written = NULL;
    for (c->op = insn->first_op; c->op < end; c->op++) {
        const struct bp_ir_op *op = &b->ops[c->op];
        rc = check_op(c, op);
        if (!rc)
            rc = check_order(c, op);
        if (rc)
            return rc;
        branches |= op->op == BP_IR_GOTO || op->op == BP_IR_BR;
    }
    c->op = b->nops;
    if ((insn->flags & BP_INSN_CALL) && !branches)
        return refuse(c, "marked as a call, but it has neither goto nor br");
    return BP_OK;
}

/* --- the block -------------------------------------------------------------------------------- */

/* The table of instructions: what everything else relies on. */
static int32_t check_insn_row(struct check *c)
{
    const struct bp_ir_builder *b = c->block;
    const struct bp_ir_insn *insn = &b->insns[c->insn];
    uint32_t end = end_of_insn(b, c->insn), room = BP_IR_OPS_PER_INSN + (c->insn + 1 == b->ninsns);
    uint32_t offset = c->insn ? (uint32_t)insn[-1].pc_offset + insn[-1].length : 0;

    if (!c->insn && insn->first_op)
        return refuse(c, "its first op is %u, not 0", insn->first_op);
    if (end < insn->first_op || end > b->nops)
        return refuse(c, "its ops are [%u, %u), the block has %u", insn->first_op, end, b->nops);
    if (end - insn->first_op > room)
        return refuse(c, "%u ops, at most %u are allowed", end - insn->first_op, room);
    if (insn->pc_offset != offset)
        return refuse(c, "it does not follow the one before, which ends at +%u", offset);
    if (!insn->length || insn->length % c->cls->insn_align)
        return refuse(c, "a length of %u bytes is no multiple of %u", insn->length,
                      c->cls->insn_align);
    if (insn->flags & ~BP_INSN_CALL)
        return refuse(c, "unknown flags 0x%x", insn->flags & ~BP_INSN_CALL);
    return BP_OK;
}

static int32_t check_counts(struct check *c)
{
    const struct bp_ir_builder *b = c->block;

    if (!b->ninsns || b->ninsns > b->max_insns)
        return refuse(c, "%u instructions, 1 to %u are allowed", b->ninsns, b->max_insns);
    if ((b->flags & BP_BUILDER_SINGLE) && b->ninsns != 1)
        return refuse(c, "%u instructions where one was asked for", b->ninsns);
    if (!b->nops || b->nops > b->max_insns * BP_IR_OPS_PER_INSN + 1)
        return refuse(c, "%u ops, 1 to %u are allowed", b->nops,
                      b->max_insns * BP_IR_OPS_PER_INSN + 1);
    return BP_OK;
}

int32_t ir_verify(const struct bp_cpu_class *cls, const struct bp_ir_builder *block, char *text,
                  uint32_t room)
{
    struct check c = {.cls = cls, .block = block, .text = text, .room = room};
    int32_t rc;

    if (room)
        text[0] = 0;
    c.nregs = ir_reg_count(cls);
    c.op = block->nops;
    c.insn = block->ninsns;
    rc = check_counts(&c);
    for (c.insn = 0; !rc && c.insn < block->ninsns; c.insn++) {
        rc = check_insn_row(&c);
    }
    for (c.insn = 0; !rc && c.insn < block->ninsns; c.insn++) {
        rc = check_insn_ops(&c);
    }
    if (!rc && !(ir_infos[block->ops[block->nops - 1].op].does & IR_DOES_END)) {
        c.insn = block->ninsns;
        rc = refuse(&c, "it does not end with goto, jmp or exit");
    }
    return rc;
}

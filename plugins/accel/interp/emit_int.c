/* SPDX-License-Identifier: Apache-2.0
 *
 * emit_int.c - integer ops to records: picks the handler for op, type and form, and folds what is
 * constant.
 */
#include "emit.h"

/* Handlers of an op: the first, and how many forms a type has (2: register and constant, 1: one
 * source). */
static const struct {
    uint16_t first;
    uint8_t forms;
} int_handlers[256] = {
#define BIN1(name, e) [BP_IR_##name] = {H_##name##_l_rr, 2},
#define BIN2(name, e) BIN1(name, e)
#define BIN3(name, e) BIN1(name, e)
#define UN1(name, e)  [BP_IR_##name] = {H_##name##_l, 1},
#define UN2(name, e)  UN1(name, e)
#include "int_ops.def"
#undef BIN1
#undef BIN2
#undef BIN3
#undef UN1
#undef UN2
};
_Static_assert(BP_T_I64 == 0 && BP_T_S32 == 1 && BP_T_U32 == 2, "types count handlers");

/* A value as a slot of that type holds it. */
static int64_t slot_of(uint32_t type, int64_t value)
{
    if (type == BP_T_S32)
        return (int32_t)value;
    return type == BP_T_U32 ? (int64_t)(uint32_t)value : value;
}

/* A value whose low bits of the type count, in its shortest form. */
static int64_t short_of(uint32_t type, int64_t value)
{
    return type == BP_T_I64 ? value : (int32_t)value;
}

static void emit_move(struct emit *e, uint32_t type, uint16_t d, uint16_t a)
{
    static const uint16_t handlers[] = {H_MOV_l, H_MOV_s, H_MOV_u};
    struct rec *rec;
    int64_t value;

    if (emit_known(e, a, &value)) {
        emit_constant(e, d, slot_of(type, value));
        return;
    }
    if (type == BP_T_I64 && d == a)
        return;
    rec = emit_rec(e, handlers[type]);
    rec->d = emit_target(e, d);
    rec->a = emit_source(e, a);
    emit_forget(e, d);
}

/* Constant folding, for what address and constant building uses. 1: *value is the result. */
static int fold(const struct bp_ir_op *op, int64_t a, int64_t y, int64_t *value)
{
    uint64_t x = (uint64_t)a, mask = op->type == BP_T_I64 ? 63 : 31;

    switch (op->op) {
    case BP_IR_ADD:
        x += (uint64_t)y;
        break;
    case BP_IR_SUB:
        x -= (uint64_t)y;
        break;
    case BP_IR_AND:
        x &= (uint64_t)y;
        break;
    case BP_IR_OR:
        x |= (uint64_t)y;
        break;
    case BP_IR_XOR:
        x ^= (uint64_t)y;
        break;
    case BP_IR_SHL:
        x <<= (uint64_t)y & mask;
        break;
    default:
        return 0;
    }
    *value = slot_of(op->type, (int64_t)x);
    return 1;
}

static int is_neutral(uint8_t op)
{
    return op == BP_IR_ADD || op == BP_IR_SUB || op == BP_IR_OR || op == BP_IR_XOR ||
           op == BP_IR_SHL || op == BP_IR_SHR || op == BP_IR_SAR;
}

static int commutes(uint8_t op)
{
    return op == BP_IR_ADD || op == BP_IR_AND || op == BP_IR_OR || op == BP_IR_XOR ||
           op == BP_IR_MUL;
}

static void emit_binary(struct emit *e, const struct bp_ir_op *op)
{
    int64_t a, y = op->imm, value;
    int a_known = emit_known(e, op->a, &a),
        y_known = op->b == BP_IR_IMM || emit_known(e, op->b, &y);
    uint32_t handler = int_handlers[op->op].first + 2u * op->type;
    uint16_t from = op->a, other = op->b;
    struct rec *rec;

    if (a_known && y_known && fold(op, a, y, &value)) {
        emit_constant(e, op->d, value);
        return;
    }
    if (a_known && !y_known && commutes(op->op)) {
        from = op->b;
        other = op->a;
        y = a;
        y_known = 1;
    }
    y = short_of(op->type, y);
    if (y_known && !y && is_neutral(op->op)) {
        emit_move(e, op->type, op->d, from);
        return;
    }
    if (y_known && y == (int32_t)y) {
        rec = emit_rec(e, handler + 1);
        rec->imm = (int32_t)y;
    } else if (other == BP_IR_IMM) {
        rec = emit_rec(e, H_LI64);
        rec->d = offsetof(struct bp_vcpu, konst);
        rec->imm = (int32_t)y;
        rec->high = (uint32_t)((uint64_t)y >> 32);
        rec = emit_rec(e, handler);
        rec->b = offsetof(struct bp_vcpu, konst);
    } else {
        rec = emit_rec(e, handler);
        rec->b = emit_source(e, other);
    }
    rec->d = emit_target(e, op->d);
    rec->a = emit_source(e, from);
    emit_forget(e, op->d);
}

static void emit_set(struct emit *e, const struct bp_ir_op *op)
{
    int64_t y = op->disp;
    int constant = op->b == BP_IR_IMM || emit_known(e, op->b, &y);
    struct rec *rec;

    constant = constant && y == (int32_t)y;
    rec = emit_rec(e, H_SET_EQ_l_rr + 4u * op->c + 2u * op->type + (uint32_t)constant);
    rec->d = emit_target(e, op->d);
    rec->a = emit_source(e, op->a);
    if (constant)
        rec->imm = (int32_t)y;
    else
        rec->b = emit_source(e, op->b);
    emit_forget(e, op->d);
}

static void emit_other(struct emit *e, const struct bp_ir_op *op, uint32_t handler)
{
    struct rec *rec = emit_rec(e, handler);

    rec->d = emit_target(e, op->d);
    rec->a = emit_source(e, op->a);
    rec->b = emit_source(e, op->b);
    rec->c = op->op == BP_IR_SEL ? emit_source(e, op->c) : 0;
    rec->n = (int8_t)op->x;
    emit_forget(e, op->d);
}

void emit_integer(struct emit *e, const struct bp_ir_op *op)
{
    switch (op->op) {
    case BP_IR_MOV:
        if (op->b == BP_IR_IMM)
            emit_constant(e, op->d, slot_of(op->type, op->imm));
        else
            emit_move(e, op->type, op->d, op->b);
        break;
    case BP_IR_PCREL:
        emit_constant(e, op->d, slot_of(op->type, (int64_t)(e->source->va + (uint64_t)op->imm)));
        break;
    case BP_IR_SET:
        emit_set(e, op);
        break;
    case BP_IR_SEL:
        emit_other(e, op, H_SEL);
        break;
    case BP_IR_SHADD:
        emit_other(e, op, op->type == BP_T_I64 ? H_SHADD_l : H_SHADD_s);
        break;
    case BP_IR_SHADDUW:
        emit_other(e, op, H_SHADDUW);
        break;
    default:
        if (int_handlers[op->op].forms == 2)
            emit_binary(e, op);
        else
            emit_other(e, op, int_handlers[op->op].first + op->type);
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * emit_exit.c - branches, jumps and the exits behind a block.
 *
 * A branch counts instructions when taken: to an exit all up to itself; to an instruction of its
 * own block the difference, which is negative when it skips some, so that count + rec.insn stays
 * what has been executed.
 */
#include "emit.h"

static uint64_t address(const struct emit *e, int64_t offset)
{
    return (e->source->va + (uint64_t)offset) & e->v->pc_mask;
}

static int backwards(const struct emit *e, int64_t offset)
{
    return offset <= e->source->insns[e->insn].pc_offset;
}

/* The instruction of the block that begins at this offset, or -1. */
static int inside(const struct emit *e, int64_t offset)
{
    const struct interp_source *source = e->source;

    /* Under a tier every loop has a block of its own, which can become hot; with a budget, so
     * that no instruction of a block runs twice behind one look at it. */
    if (source->single || ((e->v->tier || e->v->budgeted) && offset && backwards(e, offset)) ||
        (e->v->budgeted && e->loose))
        return -1;
    for (uint32_t i = 0; i < source->ninsns && source->insns[i].pc_offset <= offset; i++) {
        if (source->insns[i].pc_offset == offset)
            return (int)i;
    }
    return -1;
}

void emit_find_leaders(struct emit *e)
{
    const struct interp_source *source = e->source;

    for (uint32_t i = 0; i < source->nops; i++) {
        const struct bp_ir_op *op = &source->ops[i];
        int to = op->op == BP_IR_BR     ? inside(e, op->disp)
                 : op->op == BP_IR_GOTO ? inside(e, op->imm)
                                        : -1;
        if (to >= 0)
            e->leader[to] = 1;
    }
}

/* Points the record at hand to the block's instruction `to`. */
static void branch_inside(struct emit *e, struct rec *rec, int to)
{
    rec->n = (int8_t)((int)e->insn + 1 - to);
    e->inside[e->ninside].rec = rec->self;
    e->inside[e->ninside++].insn = (uint8_t)to;
}

void emit_branch(struct emit *e, const struct bp_ir_op *op)
{
    uint32_t back = backwards(e, op->disp);
    struct rec *rec = emit_rec(e, H_BR_EQ_l + 4u * op->c + 2u * op->type + back);
    int to = e->calls ? -1 : inside(e, op->disp);

    rec->a = emit_source(e, op->a);
    rec->b = emit_source(e, op->b);
    if (to >= 0) {
        branch_inside(e, rec, to);
        return;
    }
    rec->n = (int8_t)(e->insn + 1);
    e->outside[e->noutside].rec = rec->self;
    e->outside[e->noutside].plain = (uint8_t)(e->calls || e->source->single);
    e->outside[e->noutside++].disp = op->disp;
}

void emit_goto(struct emit *e, int64_t imm)
{
    int to = e->calls ? -1 : inside(e, imm), plain = e->calls || e->source->single;
    struct rec *rec;

    if (to >= 0) {
        branch_inside(e, emit_rec(e, backwards(e, imm) ? H_EXIT_NEAR_back : H_EXIT_NEAR), to);
        return;
    }
    rec = emit_rec(e, plain ? H_EXIT_PLAIN : H_EXIT_NEW);
    rec->target = address(e, imm);
    rec->n = (int8_t)(e->insn + 1);
}

static void emit_indirect(struct emit *e, uint32_t handler, uint16_t a, int32_t imm)
{
    struct rec *rec = emit_rec(e, e->calls || e->source->single ? handler + 1 : handler);

    rec->a = emit_source(e, a);
    rec->imm = imm;
    rec->n = (int8_t)(e->insn + 1);
}
_Static_assert(H_JMP_plain == H_JMP + 1 && H_JMP_even_plain == H_JMP_even + 1,
               "emit_indirect() counts on it");

void emit_jump(struct emit *e, const struct bp_ir_op *op)
{
    emit_indirect(e, H_JMP, op->a, 0);
}

/*
 * t = a + imm, t = t & -2, link = constant, jump to t: how instruction sets with aligned code write
 * an indirect call or return. With a known it is a direct jump.
 */
int emit_computed_jump(struct emit *e, const struct bp_ir_op *ops, uint32_t nops)
{
    const struct bp_ir_op *jump, *link = NULL, *op = ops;
    uint8_t type = e->v->cls->xlen == 32 ? BP_T_S32 : BP_T_I64;
    int64_t value, add = 0;
    uint16_t a;

    if (nops < 2 || nops > 4 || ops[nops - 1].op != BP_IR_JMP)
        return 0;
    jump = &ops[nops - 1];
    a = op->a;
    if (op->op == BP_IR_ADD && op->type == type && op->b == BP_IR_IMM && op->d == jump->a &&
        op->imm == (int32_t)op->imm && op[1].a == op->d) {
        add = op->imm;
        op++;
    }
    if (jump->a < BP_IR_TEMP || jump->a == BP_IR_ZERO || op->op != BP_IR_AND ||
        op->type == BP_T_S32 || op->b != BP_IR_IMM || op->imm != -2 || op->d != jump->a)
        return 0;
    if (++op < jump && op->op == BP_IR_PCREL)
        link = op++;
    if (op != jump || (link && link->d == jump->a))
        return 0;
    if (emit_known(e, a, &value)) {
        if (link)
            emit_integer(e, link);
        emit_goto(e, (int64_t)(((uint64_t)(value + add) & ~1ull) - e->source->va));
        return 1;
    }
    if (link && link->d == a)
        return 0;
    if (link)
        emit_integer(e, link);
    emit_indirect(e, H_JMP_even, a, (int32_t)add);
    return 1;
}

/* Completes branches: to records of the block, and to exits appended here. */
void emit_exits(struct emit *e)
{
    for (uint32_t i = 0; i < e->ninside; i++) {
        struct rec *rec = &e->recs[e->inside[i].rec];
        rec->imm = ((int32_t)e->first[e->inside[i].insn] - rec->self) * (int32_t)sizeof(struct rec);
    }
    for (uint32_t i = 0; i < e->noutside; i++) {
        struct rec *branch = &e->recs[e->outside[i].rec];
        struct rec *rec = emit_rec(e, e->outside[i].plain ? H_EXIT_PLAIN : H_EXIT_NEW);
        rec->insn = INTERP_STUB;
        rec->target = address(e, e->outside[i].disp);
        rec->imm = branch->self - rec->self;
        branch->imm = (rec->self - branch->self) * (int32_t)sizeof(struct rec);
    }
}
